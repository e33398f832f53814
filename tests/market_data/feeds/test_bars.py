"""Bars: when their prices are known, which of them come twice, and which can be merged."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_data import BarsError, Feed, Quote, UnsortedError, open_feed
from market_data.feeds.bars import without_repeats
from market_data.feeds.timed import Timed
from portfolio.times import instant, iso_8601_full

Write = Callable[..., Path]

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
START = datetime(2024, 1, 8, 9)
OPENS = "the times open {}: each quote gets the time of its bar's end, when its price is known"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a file, and returns its path."""

    def make(name: str, text: str) -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return make


def times_of(step: timedelta, count: int = 5, start: datetime = START) -> list[str]:
    moments = [start + n * step for n in range(count)]
    if all(moment == moment.replace(hour=0, minute=0) for moment in moments):
        return [moment.date().isoformat() for moment in moments]
    return [moment.isoformat(" ") for moment in moments]


def bars_of(times: Iterable[str]) -> str:
    rows = "".join(f"{time},1,200,0.5,{100 + n}\n" for n, time in enumerate(times))
    return f"date,open,high,low,close\n{rows}"


def ticks_of(times: Iterable[str]) -> str:
    rows = "".join(f"{time},{100 + n}\n" for n, time in enumerate(times))
    return f"date,price\n{rows}"


MIDNIGHT = START.replace(hour=0)
MINUTES, HOURS = bars_of(times_of(MINUTE)), bars_of(times_of(HOUR))
DAYS = bars_of(times_of(DAY, start=MIDNIGHT))
TICKS = ticks_of([f"2024-01-08 09:00:0{n}.{n}" for n in (0, 1, 3, 6, 7)])


def written(feed: Feed) -> list[Any]:
    return [quote.ts for quote in feed]


# Which time a bar has


@pytest.mark.parametrize(
    ("text", "end", "name"),
    [
        (MINUTES, "2024-01-08T09:00:59.999Z", "1 minute"),
        (bars_of(times_of(5 * MINUTE)), "2024-01-08T09:04:59.999Z", "5 minutes"),
        (HOURS, "2024-01-08T09:59:59.999Z", "1 hour"),
        (bars_of(times_of(4 * HOUR)), "2024-01-08T12:59:59.999Z", "4 hours"),
        (DAYS, "2024-01-08T23:59:59.999Z", "1 day"),
        (
            bars_of(times_of(7 * DAY, start=MIDNIGHT)),
            "2024-01-14T23:59:59.999Z",
            "1 week",
        ),
        (bars_of(times_of(timedelta(seconds=1))), "2024-01-08T09:00:00.999Z", "1 s"),
    ],
)
def test_a_bar_that_a_time_opens_gets_the_time_of_its_end(
    write: Write, text: str, end: str, name: str
) -> None:
    feed = open_feed(write("mine.csv", text), bar_time="open")
    assert written(feed)[0] == end
    assert feed.quality.report().notes == (OPENS.format(f"bars of {name}"),)


def test_the_last_bar_of_a_day_is_of_that_day(write: Write) -> None:
    # and that of a month of that month: both are 1 ms before the next one
    hours = bars_of(times_of(HOUR, 24, datetime(2024, 1, 31)))
    feed = open_feed(write("mine.csv", hours), bar_time="open")
    assert written(feed)[-1] == "2024-01-31T23:59:59.999Z"


@pytest.mark.parametrize("text", [MINUTES, HOURS, DAYS])
def test_without_an_option_and_a_layout_the_times_stay_as_they_are(write: Write, text: str) -> None:
    feed = open_feed(write("mine.csv", text))
    expected = [line.split(",")[0] for line in text.splitlines()[1:]]
    assert written(feed) == expected
    assert feed.quality.report().notes == ()
    assert written(open_feed(write("mine.csv", text), bar_time="close")) == expected


def test_nights_and_weekends_do_not_hide_the_length_of_bars(write: Write) -> None:
    moments = [
        START + n * DAY + m * MINUTE for n in range(10) if n % 7 < 5 for m in range(0, 60, 5)
    ]
    text = bars_of(moment.isoformat(" ") for moment in moments)
    feed = open_feed(write("mine.csv", text), bar_time="open")
    assert written(feed)[0] == "2024-01-08T09:04:59.999Z"
    trading = [MIDNIGHT + n * DAY for n in range(30) if n % 7 < 5]
    feed = open_feed(
        write("days.csv", bars_of(d.date().isoformat() for d in trading)), bar_time="open"
    )
    assert written(feed)[4] == "2024-01-12T23:59:59.999Z"


def test_bars_of_two_instruments_in_one_file_have_the_length_of_each(write: Write) -> None:
    rows = "".join(f"{time},{sid},1,200,0.5,100\n" for time in times_of(HOUR) for sid in ("A", "B"))
    feed = open_feed(write("mine.csv", f"date,sid,open,high,low,close\n{rows}"), bar_time="open")
    assert written(feed)[:3] == [
        "2024-01-08T09:59:59.999Z",
        "2024-01-08T09:59:59.999Z",
        "2024-01-08T10:59:59.999Z",
    ]


def test_the_end_is_of_the_zone_too(write: Write) -> None:
    feed = open_feed(write("mine.csv", HOURS), bar_time="open", timezone="America/New_York")
    assert written(feed)[0] == "2024-01-08T09:59:59.999-05:00"


def test_bars_of_different_lengths_stay_as_they_are_and_it_is_said(write: Write) -> None:
    # months
    text = bars_of(f"2024-{month:02}-01" for month in range(1, 13))
    feed = open_feed(write("mine.csv", text), bar_time="open")
    assert written(feed) == [f"2024-{month:02}-01" for month in range(1, 13)]
    assert feed.quality.report().notes == (
        "the times open bars of different lengths: they stay as they are",
    )


def test_every_batch_gets_the_ends_of_its_bars(write: Write) -> None:
    feed = open_feed(write("mine.csv", bars_of(times_of(MINUTE, 3000))), bar_time="open")
    times = [time for batch in feed.batches() for time in batch.times if time is not None]
    begin = instant(START.isoformat()) + 60 * 10**9 - 10**6
    assert times == [begin + n * 60 * 10**9 for n in range(3000)]


# Which bars come twice


def repeats(feed: Feed) -> tuple[int, int, int]:
    report = feed.quality.report()
    return report.repeated, report.conflicting, report.duplicates


SAME = "2024-01-09,1,200,0.5,101\n"
OTHER = "2024-01-09,1,200,0.5,102\n"


def test_the_same_bar_is_kept_once_and_the_others_are_counted(write: Write) -> None:
    feed = open_feed(write("mine.csv", DAYS.replace(SAME, SAME * 3)))
    assert [quote.row for quote in feed] == [1, 2, 5, 6, 7]
    assert repeats(feed) == (2, 0, 0)
    assert feed.quality.report().lines() == [
        "dropped 2 repeated bars, the first of them row 3 of mine"
    ]


def test_another_bar_of_the_same_time_is_kept_and_told(write: Write) -> None:
    feed = open_feed(write("mine.csv", DAYS.replace(SAME, SAME + OTHER)))
    assert [quote.quote for quote in feed] == [100, 101, 102, 102, 103, 104]
    assert repeats(feed) == (0, 1, 0)
    assert feed.quality.report().lines() == [
        "1 bar of a time that had another one, kept: the first of them row 3 of mine"
    ]


def test_a_bar_that_differs_in_another_field_is_another_bar(write: Write) -> None:
    high = SAME.replace("200", "201")
    feed = open_feed(write("mine.csv", DAYS.replace(SAME, SAME + high + SAME + high)))
    assert [quote.row for quote in feed] == [1, 2, 3, 6, 7, 8]
    assert repeats(feed) == (2, 1, 0)


def test_pages_that_overlap_are_read_once_where_they_are_sorted(write: Write) -> None:
    lines = DAYS.splitlines(keepends=True)
    pages = [lines[0], *lines[3:], *lines[1:5]]
    path = write("mine.csv", "".join(pages))
    feed = open_feed(path, sort=True)
    assert [quote.quote for quote in feed] == [100, 101, 102, 103, 104]
    assert repeats(feed) == (2, 0, 0)
    with pytest.raises(UnsortedError):
        list(open_feed(path))


def test_a_bar_that_comes_again_in_the_next_batch_is_dropped(write: Write) -> None:
    lines = bars_of(times_of(MINUTE, 3000)).splitlines(keepends=True)
    # batches are of 1024 rows
    doubled = [line for n, line in enumerate(lines) for _ in range(1 + (n in (1024, 2047, 2048)))]
    feed = open_feed(write("mine.csv", "".join(doubled)))
    assert len(list(feed)) == 3000
    assert repeats(feed) == (3, 0, 0)


@pytest.mark.parametrize("rows", [1, 3])
def test_of_ticks_every_row_counts(write: Write, rows: int) -> None:
    lines = TICKS.splitlines(keepends=True)
    text = "".join([*lines[:3], *[lines[2]] * rows, *lines[3:]])
    feed = open_feed(write("mine.csv", text))
    assert len(list(feed)) == 5 + rows
    assert repeats(feed) == (0, 0, rows)


def test_of_a_recording_every_message_counts(write: Write) -> None:
    line = '{"sid": "A", "quote": 1, "ts": "2024-01-08", "high": 2, "low": 1}\n'
    feed = open_feed(write("live.jsonl", line + line.replace("08", "09") * 2))
    assert len(list(feed)) == 3
    assert repeats(feed) == (0, 0, 1)


def test_bars_of_several_instruments_are_of_each(write: Write) -> None:
    header, day = "date,sid,high,low,close\n", "2024-01-08,{},2,1,1.5\n"
    feed = open_feed(write("mine.csv", header + "".join(day.format(sid) for sid in "ABAB")))
    assert [quote.sid for quote in feed] == ["A", "B"]
    assert repeats(feed) == (2, 0, 0)


@pytest.mark.parametrize("again", [SAME, OTHER])
def test_what_comes_twice_outside_of_the_span_is_none_of_its_bars(write: Write, again: str) -> None:
    feed = open_feed(write("mine.csv", DAYS.replace(SAME, SAME + again)), start="2024-01-11")
    assert [quote.quote for quote in feed] == [103, 104]
    assert feed.quality.report().lines() == []


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from("AB"), st.integers(1, 2)),
        min_size=1,
        max_size=30,
    ),
    st.integers(1, 7),
)
def test_each_bar_is_kept_once_in_batches_of_any_size(
    bars: list[tuple[int, str, int]], size: int
) -> None:
    bars.sort(key=lambda bar: bar[0])
    quotes = [
        (time, Quote(sid, float(price), None, row, "a"))
        for row, (time, sid, price) in enumerate(bars, start=1)
    ]
    batches = [
        Timed(*zip(*quotes[start : start + size], strict=True))
        for start in range(0, len(quotes), size)
    ]
    dropped, conflicting = [], []

    def on_repeat(quote: Quote, is_same: bool) -> None:
        (dropped if is_same else conflicting).append(quote.row)

    kept = [quote.row for batch in without_repeats(batches, on_repeat) for quote in batch.quotes]
    seen: set[tuple[int, str, int]] = set()
    expected: tuple[list[int], list[int], list[int]] = ([], [], [])
    for row, bar in enumerate(bars, start=1):
        if bar in seen:
            expected[1].append(row)
            continue
        if any(bar[:2] == other[:2] for other in seen):
            expected[2].append(row)
        seen.add(bar)
        expected[0].append(row)
    assert (kept, dropped, conflicting) == expected


def test_memory_does_not_grow_with_the_bars(write: Write) -> None:
    rows = "".join(
        f"{1577836800000 + 1000 * n},{sid},2,1,1.5\n" for n in range(8_000) for sid in "AB"
    )
    feed = open_feed(write("mine.csv", f"date,sid,high,low,close\n{rows}"))
    list(feed)
    tracemalloc.start()
    for _ in feed:
        pass
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2_500_000


# Which bars can be merged


def merged(*paths: Path, **options: Any) -> list[tuple[str, str]]:
    feed = open_feed(paths, **options)
    pairs = [pair for batch in feed.batches() for pair in zip(*batch, strict=True)]
    return [(quote.source, iso_8601_full(time)) for time, quote in pairs if time is not None]


def test_bars_of_different_lengths_need_known_ends_to_be_merged(
    write: Write,
) -> None:
    """Bars of different lengths are not merged if their ends are not known."""
    hours, days = write("hours.csv", HOURS), write("days.csv", DAYS)
    with pytest.raises(BarsError) as caught:
        merged(hours, days)
    assert str(caught.value) == (
        "hours has bars of 1 hour, days has bars of 1 day: bars of different lengths are merged by"
        " their ends, and hours does not tell whether its times are these; say what they mean by"
        " --bar-time open or --bar-time close"
    )
    assert caught.value.lengths == {"hours": "bars of 1 hour", "days": "bars of 1 day"}


def test_with_their_ends_said_a_day_is_known_after_its_hours(write: Write) -> None:
    hours, days = write("hours.csv", HOURS), write("days.csv", DAYS)
    found = merged(hours, days, bar_time="open")
    assert found[:6] == [
        *(("hours", f"2024-01-08T{hour:02}:59:59.999Z") for hour in range(9, 14)),
        ("days", "2024-01-08T23:59:59.999Z"),
    ]
    closed = merged(hours, days, bar_time="close")
    assert closed[:2] == [("days", "2024-01-08T00:00:00Z"), ("hours", "2024-01-08T09:00:00Z")]


def test_bars_of_one_length_are_merged(write: Write) -> None:
    a, b = write("a.csv", HOURS), write("b.csv", HOURS)
    assert [source for source, _time in merged(a, b)] == ["a", "b"] * 5


@pytest.mark.parametrize("text", [DAYS, ticks_of(times_of(DAY, start=MIDNIGHT))])
def test_days_and_ticks_are_not_merged_before_it_is_said_what_a_day_is(
    write: Write, text: str
) -> None:
    days, ticks = write("days.csv", text), write("ticks.csv", TICKS)
    with pytest.raises(BarsError, match=r"days has bars of 1 day, ticks has quotes "):
        merged(days, ticks)
    assert merged(days, ticks, bar_time="close")[0] == ("days", "2024-01-08T00:00:00Z")


def test_days_and_a_recording_are_merged_if_the_day_is_defined(write: Write) -> None:
    """Days and a recording are not merged before it is said what a day is."""
    live = write("live.jsonl", '{"sid": "A", "quote": 1, "ts": "2024-01-08T12:00Z"}\n')
    days = write("days.csv", DAYS)
    with pytest.raises(BarsError):
        merged(days, live)
    assert merged(days, live, bar_time="open")[:2] == [
        ("live", "2024-01-08T12:00:00Z"),
        ("days", "2024-01-08T23:59:59.999Z"),
    ]


def test_ticks_are_merged_with_ticks(write: Write) -> None:
    a, b = write("a.csv", TICKS), write("b.csv", TICKS)
    live = write("live.jsonl", '{"sid": "A", "quote": 1, "ts": "2024-01-08T09:00:03Z"}\n')
    assert [source for source, _time in merged(a, b, live)][:6] == ["a", "b", "a", "b", "live", "a"]


def test_bars_whose_layout_tells_their_ends_are_merged_with_any(write: Write) -> None:
    kline = "{0},1.0,2.0,0.5,1.5,30.0,{1},45.0,7,15.0,22.5,0\n"
    begin = 1704704400000  # 2024-01-08T09:00:00Z
    klines = "".join(
        kline.format(begin + n * 60_000, begin + n * 60_000 + 59_999) for n in range(5)
    )
    binance = write("binance.csv", klines)
    ticks = write("ticks.csv", TICKS)
    found = merged(binance, ticks)
    assert found[:6] == [
        *(("ticks", iso_8601_full(instant(t.split(",")[0]))) for t in TICKS.splitlines()[1:]),
        ("binance", "2024-01-08T09:00:59.999Z"),
    ]

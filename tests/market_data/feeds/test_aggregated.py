"""`--bars`: the quotes of a feed as bars, compared with pandas, and what is refused."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from algo_service.backtest.quotes import of_feed
from market_data import (
    Aggregator,
    ReadOptionError,
    UnsortedError,
    UntimedError,
    UnusableFileError,
    UnusableQuoteError,
    messages,
    open_feed,
    parse_interval,
)
from market_data.samples import SAMPLES
from portfolio.times import iso_8601_full

HOW = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}

# 2024-01-10T10:00:00Z
TEN = 1_704_880_800_000


def minutes(path: Path, count: int, *, seed: int = 1) -> pd.DataFrame:
    """A file of bars of a minute by their opening times, some of which are missing."""
    draw = random.Random(seed)
    rows = []
    price = 100.0
    for n in range(count):
        if n and draw.random() < 0.01:
            continue
        opened, price = price, round(price * draw.uniform(0.99, 1.01), 4)
        low, high = min(opened, price) * 0.99, max(opened, price) * 1.01
        rows.append((TEN + n * 60_000, opened, high, low, price, round(draw.random() * 9, 3)))
    frame = pd.DataFrame(rows, columns=["timestamp", *HOW])
    frame.to_csv(path, index=False)
    return frame


def rows_of(feed: Any) -> list[tuple[Any, ...]]:
    """The bars of a feed, as they are compared with those of pandas."""
    return [(each.ts, *(each.fields[name] for name in HOW)) for each in feed]


def rows_of_pandas(frame: pd.DataFrame, every: str, **how: Any) -> Iterator[tuple[Any, ...]]:
    """The bars of pandas by their last millisecond."""
    resampled = frame.resample(every, label="right", closed="left", **how).agg(HOW)
    for row in resampled.dropna().itertuples():
        end = int(row[0].tz_localize("UTC").value) - 10**6
        yield iso_8601_full(end), *row[1:]


def test_the_days_of_goog_become_the_weeks_of_pandas() -> None:
    feed = open_feed("goog", bars="1w")
    days = pd.read_csv(SAMPLES["goog"].path, index_col=0, parse_dates=True)
    days.columns = days.columns.str.lower()
    expected = list(rows_of_pandas(days, "W-MON"))
    # the last week ends on a Friday, and no later day says that it is over
    assert expected[-1][0] == "2013-03-03T23:59:59.999Z"
    assert rows_of(feed) == expected[:-1]
    assert feed.quality.report().lines() == [
        "bars of 1w: 1 is not complete at the end, and left out; the first, of GOOG, would end"
        " 2013-03-03T23:59:59.999Z"
    ]


@pytest.mark.parametrize(("every", "of_pandas"), [("15m", "15min"), ("1h", "1h"), ("1d", "1D")])
def test_the_minutes_of_bitcoin_become_the_bars_of_pandas(every: str, of_pandas: str) -> None:
    """One bar of the file ends early, when the market stood still for more than an hour."""
    minutes = pd.read_csv(SAMPLES["btcusdt"].path)
    minutes.index = pd.DatetimeIndex(minutes.pop("close_time")).tz_localize(None)
    expected = list(rows_of_pandas(minutes, of_pandas))
    found = rows_of(open_feed("btcusdt", bars=every))  # type: ignore[arg-type]
    assert [row[:-1] for row in found] == [row[:-1] for row in expected]
    # the sum of pandas is not exact
    assert [row[-1] for row in found] == pytest.approx([row[-1] for row in expected], rel=1e-12)


def test_the_hour_without_bitcoin_is_filled_by_choice() -> None:
    hours = {each.ts: each for each in open_feed("btcusdt", bars="1h")}
    filled = {each.ts: each for each in open_feed("btcusdt", bars="1h", empty="fill")}
    assert set(filled) - set(hours) == {"2023-03-24T13:59:59.999Z"}
    found = filled["2023-03-24T13:59:59.999Z"]
    assert (found.quote, found.fields["volume"]) == (hours["2023-03-24T12:59:59.999Z"].quote, 0)


@pytest.mark.parametrize(("every", "of_pandas"), [("5m", "5min"), ("1h", "1h"), ("1d", "1D")])
@pytest.mark.parametrize("bar_time", ["open", "close"])
def test_minutes_become_the_bars_of_pandas(
    tmp_path: Path, every: str, of_pandas: str, bar_time: str
) -> None:
    path = tmp_path / "btc.csv"
    frame = minutes(path, 5000)
    if bar_time == "close":
        frame["timestamp"] += 60_000
        frame.to_csv(path, index=False)
        frame["timestamp"] -= 60_000
    frame.index = pd.to_datetime(frame.pop("timestamp"), unit="ms")
    expected = list(rows_of_pandas(frame, of_pandas))
    found = rows_of(open_feed(path, bars=every, bar_time=bar_time))  # type: ignore[arg-type]
    assert len(found) >= 3
    # the sum of pandas is not exact
    volumes = [row[-1] for row in expected]
    assert [row[-1] for row in found] == pytest.approx(volumes[: len(found)], rel=1e-12)
    assert [row[:-1] for row in found] == [row[:-1] for row in expected[: len(found)]]
    assert len(expected) - len(found) == (0 if (expected[-1][0]) == found[-1][0] else 1)


def test_ticks_of_several_sources_become_bars_of_each_instrument(tmp_path: Path) -> None:
    for name in "ab":
        rows = "".join(f"{TEN + n * 7000},{n + 100},2\n" for n in range(100))
        (tmp_path / f"{name}.csv").write_text(f"ts,price,size\n{rows}")
    feed = open_feed([tmp_path / "a.csv", tmp_path / "b.csv"], bars="5m")
    found = [(each.sid, each.ts, each.fields["volume"]) for each in feed]
    assert found == [
        ("A", "2024-01-10T10:04:59.999Z", 86),
        ("B", "2024-01-10T10:04:59.999Z", 86),
        ("A", "2024-01-10T10:09:59.999Z", 86),
        ("B", "2024-01-10T10:09:59.999Z", 86),
    ]
    assert feed.quality.report().quotes == 200
    assert feed.quality.report().lines() == [
        "bars of 5m: 2 are not complete at the end, and left out; the first, of A, would end"
        " 2024-01-10T10:14:59.999Z"
    ]


def test_bars_of_minutes_without_trades_between_them_become_longer_bars(tmp_path: Path) -> None:
    """Most intervals are longer than the bars, which does not tell that the bars are."""
    times = [0, 1, 7, 8, 18, 19, 30, 42, 49, 60, 72]
    rows = [f"{TEN + n * 60_000},2,3,1,2" for n in times]
    path = table(tmp_path / "a.csv", "time,open,high,low,close", *rows)
    assert len(list(open_feed(path, bars="5m", bar_time="close"))) == 8


def test_midnights_of_a_file_of_days_name_their_days(tmp_path: Path) -> None:
    """A Monday is the first day of its week, although a bar of that time ends with the Sunday."""
    rows = [f"2024-01-{n:02} 00:00:00,{n},{n},{n},{n}" for n in range(8, 23)]
    path = table(tmp_path / "a.csv", "time,open,high,low,close", *rows)
    found = [(each.ts, each.fields["open"], each.quote) for each in open_feed(path, bars="1w")]
    assert found == [("2024-01-14T23:59:59.999Z", 8, 14), ("2024-01-21T23:59:59.999Z", 15, 21)]


def test_empty_intervals_are_filled_by_choice(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"ts,price\n{TEN},1\n{TEN + 200_000},2\n{TEN + 300_000},3\n")
    found = {
        empty: [each.quote for each in open_feed(path, bars="1m", empty=empty)]  # type: ignore[arg-type]
        for empty in ("skip", "fill")
    }
    assert found == {"skip": [1, 2], "fill": [1, 1, 1, 2, 2]}


def test_a_backtest_a_replay_and_a_live_service_get_the_same_bars(tmp_path: Path) -> None:
    """But for the ids: those of a backtest and a replay have the source and the run in them."""
    path = tmp_path / "btc.csv"
    minutes(path, 500)
    options: Any = {"bars": "15m", "bar_time": "open"}
    tested = [quote for quote, _ in of_feed(open_feed(path, **options), print, lambda _: None)]
    replayed = [json.loads(each.text) for each in messages(open_feed(path, **options), "backtest")]
    assert [{**each, "channel": "quotes"} for each in replayed] == tested
    live = Aggregator(parse_interval("15m", "--every"))
    published = messages(open_feed(path, bar_time="open"), "r1")
    made = [bar.message() for each in published for bar in live.take(json.loads(each.text))]
    assert [{**each, "id": f"btc:backtest:{each['id']}"} for each in made] == replayed
    assert replayed[0]["id"] == "btc:backtest:15m:BTC:2024-01-10T10:14:59.999Z"
    assert len(replayed) == 33


def test_each_pass_of_a_replay_has_bars_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"ts,price\n{TEN},1\n{TEN + 60_000},2\n")
    passes = messages(open_feed(path, bars="1m"), "r", loop=True)
    found = [
        (json.loads(each.text)["id"], each.mark) for each, _ in zip(passes, "123", strict=False)
    ]
    end = "1m:A:2024-01-10T10:00:59.999Z"
    assert found == [(f"a:r:{end}", (1, 1)), (f"a:r.2:{end}", (2, 1)), (f"a:r.3:{end}", (3, 1))]


def test_a_recording_becomes_bars(tmp_path: Path) -> None:
    path = tmp_path / "live.jsonl"
    quotes = [
        {"sid": "A", "quote": 1, "ts": "2024-01-10T10:00:00Z", "id": "x", "size": 1},
        [{"sid": "A", "quote": 3, "ts": "2024-01-10T10:00:01Z"}, {"B": 1, "ts": TEN + 1000}],
        {"sid": "A", "quote": 2, "ts": "2024-01-10T10:01:00Z", "channel": "other"},
    ]
    path.write_text("".join(f"{json.dumps(each)}\n" for each in quotes))
    (found,) = of_feed(open_feed(path, bars="1m"), print, lambda _: None)
    assert found[0] == {
        "sid": "A",
        "quote": 3.0,
        "ts": "2024-01-10T10:00:59.999Z",
        "id": "live:backtest:1m:A:2024-01-10T10:00:59.999Z",
        "channel": "quotes",
        "open": 1,
        "high": 3,
        "low": 1,
        "close": 3,
        "volume": 1,
    }


def table(path: Path, header: str, *rows: str) -> Path:
    path.write_text("\n".join((header, *rows)) + "\n")
    return path


OHLC = "time,open,high,low,close"


@pytest.mark.parametrize(
    ("header", "times", "options", "reason"),
    [
        (
            OHLC,
            ("2024-01-10 10:00", "2024-01-10 10:01", "2024-01-10 10:02"),
            {"bars": "5m"},
            "a has bars of 1 minute, and does not tell whether its times open or close them; say it"
            " by --bar-time open or --bar-time close",
        ),
        (
            OHLC,
            ("2024-01-10 10:00", "2024-01-10 11:00", "2024-01-10 12:00"),
            {"bars": "5m", "bar_time": "close"},
            "a has bars of 1 hour; expected a multiple of that",
        ),
        (
            OHLC,
            ("2024-01-10 10:00", "2024-01-10 10:02", "2024-01-10 10:04"),
            {"bars": "5m", "bar_time": "close"},
            "a has bars of 2 minutes; expected a multiple of that",
        ),
        (
            OHLC,
            ("2024-01-10 10:00", "2024-01-10 10:01", "2024-01-10 10:05", "2024-01-10 10:11"),
            {"bars": "5m", "bar_time": "open"},
            "a has times that open bars of different lengths, so that their ends are unknown",
        ),
        (
            OHLC,
            ("2024-01-10", "2024-01-11", "2024-01-12"),
            {"bars": "1h"},
            "a has dates without a time of day; expected 1d or longer",
        ),
        (
            OHLC,
            ("2024-01-31", "2024-02-29", "2024-03-31"),
            {"bars": "1w"},
            "a has bars of 31 days; expected a multiple of that",
        ),
    ],
)
def test_bars_that_would_be_wrong_are_refused(
    tmp_path: Path, header: str, times: tuple[str, ...], options: Any, reason: str
) -> None:
    path = table(tmp_path / "a.csv", header, *(f"{time},2,3,1,2" for time in times))
    with pytest.raises(ReadOptionError) as caught:
        list(open_feed(path, **options))
    assert str(caught.value) == f"--bars is {options['bars']!r}: {reason}"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"bars": "5min"}, "--bars is '5min': it is no interval; expected 30s, 1m, 5m"),
        ({"empty": "fill"}, "--empty is 'fill': it is for --bars, which is not given"),
        ({"bars": "5m", "empty": "drop"}, "--empty is 'drop': it is one of 'skip', 'fill'"),
    ],
)
def test_options_that_cannot_be_understood_are_refused_at_once(options: Any, sentence: str) -> None:
    with pytest.raises(ReadOptionError) as caught:
        open_feed("goog", **options)
    assert str(caught.value).startswith(sentence)


def test_a_feed_without_a_complete_bar_is_refused() -> None:
    with pytest.raises(UnusableFileError, match="no bar of 366d is complete; expected a shorter"):
        list(open_feed("goog", bars="366d", start="2013-02-10"))


def test_quotes_without_a_time_and_out_of_order_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"sid": "A", "quote": 1}\n')
    with pytest.raises(UntimedError, match="picking by time and bars need one"):
        list(open_feed(path, bars="1m"))
    path.write_text('{"sid": "A", "quote": 1, "ts": "2024-01-10"}\n')
    with pytest.raises(UnusableQuoteError, match="no bar of 1m can be made of the quote of A: its"):
        list(open_feed(path, bars="1m"))
    ticks = table(tmp_path / "b.csv", "ts,price", f"{TEN + 60_000},1", f"{TEN},2")
    with pytest.raises(UnsortedError):
        list(open_feed(ticks, bars="1m"))
    assert [each.quote for each in open_feed(ticks, bars="1m", sort=True)] == [2]


def test_what_is_left_out_of_bars_is_reported(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "ts,price,size", f"{TEN},1,-1", f"{TEN + 60_000},2,1")
    feed = open_feed(path, bars="1m")
    assert [each.fields.get("volume") for each in feed] == [None]
    assert feed.quality.report().lines()[0] == (
        "bars of 1m: 1 quote with a volume that is not a number of 0 or above, left out of the sum;"
        " the first A at 1 of 2024-01-10T10:00:00Z"
    )


def test_a_feed_of_bars_has_a_name_of_its_own() -> None:
    names = [
        open_feed(["goog"], **options).name  # type: ignore[arg-type]
        for options in ({}, {"bars": "7d"}, {"bars": "1w", "empty": "fill"})
    ]
    assert names == ["goog", "goog in bars of 1w", "goog in bars of 1w, filled"]

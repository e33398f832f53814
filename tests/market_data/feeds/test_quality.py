"""What is odd about a feed is counted: feeds in, reports out."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_data import Gap, Quality, Quote, Report, SkippedRow
from market_data.feeds.intervals import Intervals
from market_data.feeds.quality_report import Jump, Skipped
from market_data.feeds.timed import Timed

SECOND = 10**9
DAY = timedelta(days=1)
# Tuesday, in winter
START = datetime(2023, 1, 3, tzinfo=UTC)
NOTHING = Quality().report()
HOLIDAYS = {
    date(2023, month, day)
    for month, day in [(1, 16), (2, 20), (4, 7), (5, 29), (6, 19), (7, 4), (9, 4), (11, 23)]
}


def report(times: Iterable[int | None], sid: str = "A") -> Report:
    quality = Quality()
    listed = list(times)
    for start in range(0, len(listed), 1000):
        some = listed[start : start + 1000]
        quality.add(Timed(some, [Quote(sid, 1.0, None, 1, "a")] * len(some)))
    return quality.report()


def ns(moments: Iterable[datetime]) -> list[int]:
    return [round(moment.timestamp()) * SECOND for moment in moments]


def trading_days(count: int) -> Iterator[datetime]:
    for number in range(count):
        day = START + number * DAY
        if day.weekday() < 5 and day.date() not in HOLIDAYS:
            yield day


def minutes(count: int) -> Iterator[datetime]:
    """Every minute from 14:30 to 21:00 of as many days."""
    for day in trading_days(count):
        for minute in range(14 * 60 + 30, 21 * 60):
            yield day + timedelta(minutes=minute)


def between(start: str, end: str) -> Gap:
    return Gap("A", start, end)


@pytest.mark.parametrize(
    ("moments", "gaps"),
    [
        pytest.param(list(trading_days(250)), [], id="days"),
        pytest.param(list(minutes(120)), [], id="minutes"),
        pytest.param(list(trading_days(1)) * 5, [], id="one time"),
        pytest.param([], [], id="nothing"),
        pytest.param(
            [day for day in trading_days(250) if not 100 <= (day - START).days < 114],
            [between("2023-04-12", "2023-04-27")],
            id="two weeks of days",
        ),
        pytest.param(
            [
                moment
                for moment in minutes(120)
                if not START + timedelta(days=7, hours=16)
                <= moment
                < START + timedelta(days=7, hours=18)
            ],
            [between("2023-01-10T15:59:00Z", "2023-01-10T18:00:00Z")],
            id="two hours of minutes",
        ),
        pytest.param(
            [moment for moment in minutes(120) if moment.isocalendar().week != 10],
            [between("2023-03-03T20:59:00Z", "2023-03-13T14:30:00Z")],
            id="a week of minutes",
        ),
        pytest.param(
            [START, START + DAY, START + 2 * DAY, START + 8 * DAY],
            [between("2023-01-05", "2023-01-11")],
            id="of four",
        ),
        # 5 times as long is not more than 5 times as long
        pytest.param([START, START + DAY, START + 2 * DAY, START + 7 * DAY], [], id="five"),
    ],
)
def test_a_gap_is_much_longer_than_the_median_and_no_night_or_weekend(
    moments: list[datetime], gaps: list[Gap]
) -> None:
    found = report(ns(moments))
    assert list(found.longest_gaps) == gaps
    assert found.gaps == len(gaps)


def test_the_longest_gaps_are_told_longest_first_and_all_are_counted() -> None:
    moments = []
    day = START
    # of one magnitude, of which not all are remembered
    for days in range(27, 52):
        moments += [day + n * DAY for n in range(200)]
        day = moments[-1] + days * DAY
    found = report(ns([*moments, day]))
    assert found.gaps == 25
    lengths = [
        (date.fromisoformat(gap.end) - date.fromisoformat(gap.start)).days
        for gap in found.longest_gaps
    ]
    assert lengths == list(range(51, 31, -1))


def of_two(first: list[int], second: list[int]) -> Report:
    quality = Quality()
    both = sorted([(at, "A") for at in first] + [(at, "B") for at in second])
    quality.add(Timed([at for at, _ in both], [Quote(sid, 1.0, None, 1, "a") for _, sid in both]))
    return quality.report()


def test_an_instrument_that_ends_before_the_others_is_told() -> None:
    """An instrument that ends before the others, as a delisted one, is told with its last day."""
    days = ns(trading_days(200))
    found = of_two(days, days[:50])
    assert found.ended == 1
    last = datetime.fromtimestamp(days[49] / SECOND, UTC).date().isoformat()
    assert found.lines() == [
        f"1 instrument ended before the others, the first of them B on {last}: a position keeps"
        " the value of the last quote"
    ]


@pytest.mark.parametrize("missing", [0, 1, 3])
def test_an_instrument_that_lacks_the_last_days_has_not_ended(missing: int) -> None:
    days = ns(trading_days(200))
    assert of_two(days, days[: len(days) - missing]).ended == 0


def test_an_instrument_that_is_quoted_rarely_has_not_ended() -> None:
    """An instrument that is quoted rarely has not ended if it was away as long before."""
    days = ns(trading_days(200))
    assert of_two(days, days[:130:40]).ended == 0


def test_duplicates_and_gaps_are_of_one_instrument() -> None:
    quality = Quality()
    for sid, times in [("A", [1, 2, 2, 2]), ("B", [2, 3]), ("A", [3]), ("C", [3])]:
        quotes = [Quote(sid, 1.0, None, 1, "a")] * len(times)
        quality.add(Timed([time * SECOND for time in times], quotes))
    assert quality.report() == NOTHING._replace(quotes=8, duplicates=2)


@pytest.mark.parametrize("batch", [1, 2, 3, 5])
@pytest.mark.parametrize("others", [[], ["B"]])
def test_quotes_of_equal_times_are_counted_in_batches_of_any_size(
    batch: int, others: list[str]
) -> None:
    """Quotes at the time of the one before are counted in batches of any size."""
    times = [5, 5, 5, 5, 6]
    quality = Quality()
    for start in range(0, len(times), batch):
        some = [(n * SECOND, sid) for n in times[start : start + batch] for sid in ["A", *others]]
        quotes = [Quote(sid, 1.0, None, 1, "a") for _time, sid in some]
        quality.add(Timed([time for time, _sid in some], quotes))
    assert quality.report().duplicates == 3 * (1 + len(others))


def test_quotes_without_a_time_and_skipped_rows_are_counted() -> None:
    quality = Quality()
    quality.add(Timed([None, SECOND, None], [Quote("A", 1.0, "t", 1, "a")] * 3))
    rows = [
        SkippedRow("a", 1, "missing", "no price"),
        SkippedRow("a", 2, "time", "the time is bad"),
        SkippedRow("b", 3, "time", "the time is bad as well"),
        SkippedRow("a", 4, "time", "the time is worse"),
        SkippedRow("a", 5, "time", "the time is worst"),
    ]
    for row in rows:
        quality.skip(row)
    # of each source and reason how many there were, and the first of them
    skips = (
        Skipped("missing", 1, rows[0]),
        Skipped("time", 3, rows[1]),
        Skipped("time", 1, rows[2]),
    )
    assert quality.report() == NOTHING._replace(quotes=3, untimed=2, skipped=5, skips=skips)
    # of one source the most frequent reason first
    assert quality.skips("a") == [skips[1], skips[0]]
    assert quality.skips("b") == [skips[2]]
    assert quality.skips("c") == []


def test_bars_that_come_again_are_counted_as_the_same_or_as_others() -> None:
    quality = Quality()
    bars = [Quote("A", 1.0 + row, None, row, "a") for row in range(5)]
    quality.add(Timed([SECOND, SECOND, SECOND, 2 * SECOND], bars[:4]))
    quality.repeat(bars[1], True)
    quality.repeat(bars[2], False)
    quality.repeat(bars[3], True)
    quality.repeat(bars[4], False)
    # a bar that conflicts is none of the duplicates of quotes
    assert quality.report() == NOTHING._replace(
        quotes=4,
        repeated=2,
        conflicting=2,
        first_repeated=bars[1],
        first_conflicting=bars[2],
        jumps=1,
        first_jump=Jump(bars[1], 1.0),
    )


def priced(*sids_and_prices: tuple[str, float], batch: int = 1000) -> Report:
    quality = Quality()
    quotes = [
        Quote(sid, price, None, row, "a")
        for row, (sid, price) in enumerate(sids_and_prices, start=1)
    ]
    for start in range(0, len(quotes), batch):
        some = quotes[start : start + batch]
        quality.add(Timed([quote.row * SECOND for quote in some], some))
    return quality.report()


@pytest.mark.parametrize("batch", [1, 2, 1000])
@pytest.mark.parametrize(
    ("ratio", "is_jump"),
    [
        *((ratio, True) for ratio in (2, 3, 5, 10, 1.9, 2.1, 2.85, 4.75, 5.25, 9.5, 10.5, 12, 99)),
        *((ratio, False) for ratio in (1, 1.5, 1.87, 2.2, 2.5, 4, 6, 7, 8)),
    ],
)
def test_a_price_that_changes_as_by_a_split_or_more_is_a_jump(
    ratio: float, is_jump: bool, batch: int
) -> None:
    """A price that is multiplied or divided as by a split or by more is a jump."""
    for before, after in [(100.0, 100 * ratio), (100 * ratio, 100.0)]:
        own = [("A", before), ("A", before), ("A", after), ("A", after)]
        expected = NOTHING._replace(quotes=4)
        if is_jump:
            jump = Jump(Quote("A", after, None, 3, "a"), before)
            expected = expected._replace(jumps=1, first_jump=jump)
        assert priced(*own, batch=batch) == expected
        # the same among the quotes of another instrument
        mixed = priced(*(each for pair in own for each in (pair, ("B", 7.0))), batch=batch)
        assert (mixed.jumps, mixed.first_jump and mixed.first_jump.quote.row) == (
            (1, 5) if is_jump else (0, None)
        )


def test_every_jump_is_counted_and_the_first_one_is_told() -> None:
    prices = [1.0, 2.0, 2.0, 4.0, 1.0, 5.0, 5.5]
    found = priced(*(("A", price) for price in prices))
    assert found.jumps == 3
    assert found.first_jump == Jump(Quote("A", 2.0, None, 2, "a"), 1.0)


def lines(quality: Quality) -> list[str]:
    return quality.report().lines()


def test_what_is_odd_is_told_in_sentences_notes_first() -> None:
    quality = Quality()
    first = SkippedRow("a", 7, "time", "the time is bad", "--time-format")
    for row in (
        SkippedRow("a", 4, "not_positive", "the price '-1' is not above 0"),
        SkippedRow("a", 5, "missing", "no price"),
        SkippedRow("b", 6, "missing", "no price"),
        *[first] * 1234,
        *[SkippedRow("b", 9, "not_positive", "the price '0' is not above 0")] * 2,
    ):
        quality.skip(row)
    quality.note("layout: of somebody")
    quotes = [Quote("A", 1.0, None, row, "a") for row in range(6)]
    day = 86_400 * SECOND
    quality.add(Timed([0, 0, day, 2 * day, None, 30 * day], quotes))
    quality.add(Timed([31 * day], [Quote("A", 2.0, None, 8, "a")]))
    quality.repeat(quotes[1], True)
    assert lines(quality) == [
        "layout: of somebody",
        "skipped row 4 of a: the price '-1' is not above 0; profit and drawdown do not contain it",
        "skipped row 5 of a: no price",
        "skipped row 6 of b: no price",
        "skipped 1,234 rows, the first of them row 7 of a: the time is bad; --time-format may read"
        " it",
        "skipped 2 rows, the first of them row 9 of b: the price '0' is not above 0; profit and"
        " drawdown do not contain them",
        "dropped 1 repeated bar, the first of them row 1 of a",
        "1 jump of a price by about 2, 3, 5, 10 or more, which may be a split: the first of them"
        " row 8 of a, A from 1 to 2",
        "1 quote without a time",
        "1 quote at the time of the one before",
        "1 gap in time, the longest of A from 1970-01-03 to 1970-01-31",
    ]


def test_one_and_several_are_told_apart() -> None:
    quality = Quality()
    quotes = [Quote("A", 1.0, None, row, "a") for row in range(4)]
    quality.add(Timed([0, SECOND, SECOND, SECOND], quotes))
    for _ in range(2):
        quality.repeat(quotes[1], True)
    for quote in quotes[2:]:
        quality.repeat(quote, False)
    assert lines(quality) == [
        "dropped 2 repeated bars, the first of them row 1 of a",
        "2 bars of a time that had another one, kept: the first of them row 2 of a",
    ]
    assert lines(Quality()) == []


@given(st.lists(st.integers(1, 10**13), min_size=1, max_size=30), st.integers(0, 5))
def test_every_interval_is_counted_once(intervals: list[int], repeats: int) -> None:
    counted = Intervals(0, 1.0)
    expected: dict[int, int] = {}
    for interval in [each for each in intervals for _ in range(repeats * 10)]:
        expected[interval] = expected.get(interval, 0) + 1
        if interval == counted.usual:
            counted.repeats += 1
        else:
            counted.add(interval)
        counted.last += interval
    counted.gaps()
    assert counted._counts == expected


def test_a_gap_among_ticks_of_many_lengths_is_found_in_bounded_memory() -> None:
    def ticks() -> Iterator[int]:
        time, step = 0, 1
        for number in range(40_000):
            # lengths of 1 to 3 seconds, hardly one twice
            step = step * 48271 % (2**31 - 1)
            time += SECOND + step + (3600 * SECOND if number == 30_000 else 0)
            yield time

    quality = Quality()
    quote = Quote("A", 1.0, None, 1, "a")
    tracemalloc.start()
    for time in ticks():
        quality.add(Timed([time], [quote]))
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    found = quality.report()
    assert (found.gaps, len(found.longest_gaps)) == (1, 1)
    assert peak < 500_000

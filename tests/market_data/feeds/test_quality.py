"""What is odd about a feed is counted: feeds in, reports out."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_data import Gap, Quality, Quote, Report, SkippedRow
from market_data.feeds.merge import Timed

SECOND = 10**9
DAY = timedelta(days=1)
# Tuesday, in winter
START = datetime(2023, 1, 3, tzinfo=UTC)
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


def test_duplicates_and_gaps_are_of_one_instrument() -> None:
    quality = Quality()
    for sid, times in [("A", [1, 2, 2, 2]), ("B", [2, 3]), ("A", [3]), ("C", [3])]:
        quotes = [Quote(sid, 1.0, None, 1, "a")] * len(times)
        quality.add(Timed([time * SECOND for time in times], quotes))
    assert quality.report() == Report(8, 0, 0, 0, untimed=0, duplicates=2, gaps=0, longest_gaps=())


def test_quotes_without_a_time_and_skipped_rows_are_counted() -> None:
    quality = Quality()
    quality.add(Timed([None, SECOND, None], [Quote("A", 1.0, "t", 1, "a")] * 3))
    for problem in ("missing", "absurd", "absurd", "malformed", "malformed", "malformed"):
        quality.skip(SkippedRow("a", 1, problem, "why"))
    assert quality.report() == Report(
        3, missing=1, absurd=2, malformed=3, untimed=2, duplicates=0, gaps=0, longest_gaps=()
    )


@given(st.lists(st.integers(1, 10**13), min_size=1, max_size=30), st.integers(0, 5))
def test_every_interval_is_counted_once(intervals: list[int], repeats: int) -> None:
    from market_data.feeds.quality import _Intervals

    counted = _Intervals(0)
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
        for number in range(200_000):
            # lengths of 1 to 3 seconds, hardly one twice
            step = step * 48271 % (2**31 - 1)
            time += SECOND + step + (3600 * SECOND if number == 150_000 else 0)
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

"""The bounds of a day hold no time of another one, however it is spelt."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio.same_day import Bounds, same_day
from portfolio.times import DAY, instant
from tests.processes import ROOT

TABLE = json.loads((ROOT / "contracts/examples/time.json").read_text())["valid"]
SOME_OF_ONE_DAY = [
    "2024-01-05", "2024.01.05", "20240105", 20240105, "2024-01-05T00:00", "2024-01-05 09:30",
    "2024-01-05T0930", "2024-01-05T0930Z", "2024-01-05T0930+09", "2024-01-05T08:59+09",
    "2024-01-05T10:30:00", "2024-01-05T23:59:59Z", "2024-01-05T10:30:00.25Z",
    "2024-01-05T10:30:00.123", "2024-01-05T10:30:00.1+09", "2024-01-05T10:30:00 +09",
    "2024-01-05  10:30", "2024-01-05T10:30:00UTC", "2024-01-05 10:30:00 UTC",
    "2024-01-05T10:30:00+09:00", "2024-01-05T08:30:00+09:00", "2024-01-05T09:15:00+0930",
    "2024-01-05T20:30:00-05:00", "2024-01-05T00:30:00+00:00", "2024-01-05 08:30:00 +0900",
    "20240105T103000", "20240105 103000.5", 202401051030, 20240105103000, 1704412800,
    1704412800.5, 1704499199999, "1704412800", 1704412800000000,
]  # fmt: skip


def holds(bounds: Bounds, ts: Any) -> bool:
    """What portfolio.performance does with bounds, once more."""
    start, end, length, place, char, zone = bounds
    try:
        return start <= ts < end and (
            length is None
            or (len(ts) == length and ts[place] == char)
            or bool(zone and ts.endswith(zone))
        )
    except TypeError:
        return False


def spelling(at: datetime, number: int) -> Any:
    """Spell an instant in one of many ways."""
    offset = timezone(timedelta(minutes=(0, 540, -300, 330, 60)[number % 5]))
    local = at.astimezone(offset)
    zone = local.strftime("%z")
    ways = [
        at.strftime("%Y-%m-%dT%H:%M:%S"),
        at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        at.strftime("%Y/%m/%d %H:%M:%S"),
        at.strftime("%Y%m%d%H%M%S"),
        int(at.timestamp()),
        at.timestamp() * 1000,
        local.isoformat(),
        local.strftime("%Y-%m-%d %H:%M:%S") + zone,
        local.strftime("%Y-%m-%dT%H:%M") + zone[:3],
        local.strftime("%Y-%m-%dT%H%M%S") + " " + zone,
        local.strftime("%Y%m%dT%H%M%S") + zone,
    ]
    return ways[number % len(ways)]


SECONDS = st.integers(0, 3 * 86_400)
WAYS = st.integers(0, 59)


@given(SECONDS, WAYS, SECONDS, WAYS)
def test_what_bounds_hold_is_of_their_day(first: int, way: int, second: int, other: int) -> None:
    start = datetime(2024, 1, 5, tzinfo=UTC)
    one = spelling(start + timedelta(seconds=first), way)
    two = spelling(start + timedelta(seconds=second), other)
    if holds(same_day(one, instant(one)), two):
        assert instant(two) // DAY == instant(one) // DAY


def test_no_spelling_is_taken_for_one_of_another_day() -> None:
    times = [*SOME_OF_ONE_DAY, *(row["ts"] for row in TABLE)]
    for one in times:
        bounds = same_day(one, instant(one))
        for two in times:
            if holds(bounds, two):
                assert instant(two) // DAY == instant(one) // DAY, (one, two)


@pytest.mark.parametrize(
    ("first", "later"),
    [
        ("2024-01-05", "2024-01-05"),
        ("2024-01-05T00:00", "2024-01-05T23:59"),
        ("2024-01-05T00:00:00", "2024-01-05T23:59:59"),
        ("2024-01-05T00:00:00Z", "2024-01-05T23:59:59Z"),
        ("2024-01-05T00:00:00.5Z", "2024-01-05T23:59:59.123456Z"),
        ("2024-01-05T10:00:00+09:00", "2024-01-05T10:59:59+09:00"),
        (1704412800, 1704499199),
        (1704412800000, 1704499199999.5),
        (20240105, 20240105),
        (202401050000, 202401052359),
    ],
)
def test_times_of_one_feed_are_known_without_reading_them(first: Any, later: Any) -> None:
    assert holds(same_day(first, instant(first)), later)

"""The equity curve of a journal, thinned."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from random import Random
from typing import Any

import pytest

from algo_service.journal import layout
from algo_service.queries.answers import answer
from algo_service.queries.equity import equity
from algo_service.queries.question import read_question


def journal(values: Iterable[float], step: int = 1) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    layout.create(database)
    rows = ((minute * step, value, 0.0, value) for minute, value in enumerate(values))
    database.executemany("INSERT INTO minutes VALUES (?, ?, ?, ?)", rows)
    return database


def curve(database: sqlite3.Connection, **options: Any) -> dict[str, Any]:
    return equity(database, read_question({"query": "equity", **options}).options)


def drawdown(values: Iterable[float]) -> float:
    peak = deepest = 0.0
    for value in values:
        peak = max(peak, value)
        deepest = max(deepest, 1 - value / peak)
    return deepest


def test_a_short_curve_is_given_as_it_is() -> None:
    found = curve(journal([100, 90, 120]))
    assert found == {
        "points": [[0, 100, 0, 100], [60, 90, 0, 90], [120, 120, 0, 120]],
        "minutes": 3,
        "thinned": False,
    }


@pytest.mark.parametrize("count", [2001, 5000, 30_001])
@pytest.mark.parametrize("points", [4, 5, 10, 1000, 2000])
def test_a_long_curve_keeps_its_ends_and_says_that_it_is_thinned(count: int, points: int) -> None:
    found = curve(journal(range(1, count + 1)), points=points)
    assert (found["minutes"], found["thinned"]) == (count, True)
    assert found["points"][0][:2] == [0, 1]
    assert found["points"][-1][:2] == [(count - 1) * 60, count]
    assert points / 3 <= len(found["points"]) <= points
    times = [point[0] for point in found["points"]]
    assert times == sorted(set(times))


def test_a_long_curve_ends_with_the_present_value_also_if_it_is_no_extreme() -> None:
    found = curve(journal([5, *range(1, 100), 50]), points=4)
    assert [point[1] for point in found["points"]] == [5, 1, 99, 50]


def test_a_fall_of_one_minute_does_not_vanish_from_a_long_curve() -> None:
    random = Random(1)
    values = [1000.0]
    while len(values) < 50_000:
        values.append(max(1.0, values[-1] + random.gauss(0, 1)))
    values[31_234] = 400.0  # of one minute among 50,000
    found = curve(journal(values), points=200)
    assert min(point[1] for point in found["points"]) == 400.0
    deepest = drawdown(point[1] for point in found["points"])
    assert 0.99 * drawdown(values) < deepest <= drawdown(values)


def test_a_span_has_both_of_its_ends() -> None:
    found = curve(
        journal(range(100), step=30_000_000),  # from 1970 on, in years after 1980
        **{"from": "2027-01-15T08:00:00Z", "to": 1_980_000_000},
    )
    assert [point[0] for point in found["points"]] == [1_800_000_000]
    database = journal(range(10), step=60)
    assert curve(database, **{"from": "1970-01-01T02:00Z", "to": "1970-01-01T04:00Z"})[
        "points"
    ] == [[7200, 2, 0, 2], [10800, 3, 0, 3], [14400, 4, 0, 4]]


def test_a_journal_without_minutes_has_an_empty_curve() -> None:
    assert answer(journal([]), read_question({"query": "equity"})) == (
        '{"points":[],"minutes":0,"thinned":false}'
    )

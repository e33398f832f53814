"""Cells of a table: reading a column as a whole gives what reading its cells one by one gives."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_data import Quote, SkippedRow
from market_data.feeds.cells import Cells, make_quotes

Read = tuple[list[Quote], list[SkippedRow]]


def read(rows: list[tuple[Any, Any, Any]], first_row: int = 1) -> Read:
    skipped: list[SkippedRow] = []
    columns = zip(*rows, strict=True)
    quotes = make_quotes(Cells(*map(list, columns)), first_row, "a", skipped.append)
    return quotes, skipped


def one_by_one(rows: list[tuple[Any, Any, Any]]) -> Read:
    quotes: list[Quote] = []
    skipped: list[SkippedRow] = []
    for row, cells in enumerate(rows, start=1):
        # a column of one cell besides one that no column can be read as a whole with
        some_quotes, some_skipped = read([(None, None, None), cells], row - 1)
        quotes += some_quotes
        skipped += some_skipped[1:]
    return quotes, skipped


texts = st.sampled_from(["", " ", "A", " A ", "1", "12", "\u0663", "1_0", "nan", "x" * 65])
prices = st.sampled_from(["1.5", " 2 ", "1e3", "1_0", "\u0663", "nan", "inf", "0", "-1", "1e10"])
numbers = st.sampled_from([1, 1.5, 0, -1, 10**400, 1e9, 1e10, float("nan"), float("inf"), True])
odd = st.sampled_from([None, b"1", (), Decimal("1.5"), Decimal("1e10"), Decimal("NaN")])
days = st.sampled_from([date(2020, 1, 2), datetime(2020, 1, 2, 3, 4, 5), datetime(1, 1, 1)])


def columns_of(*cells: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Columns that are of one kind, and such that are of all."""
    kinds = [*cells, st.one_of(*cells)]
    return st.sampled_from(kinds).flatmap(lambda kind: st.lists(kind, min_size=6, max_size=6))


@given(
    columns_of(texts, odd, numbers, st.just("A")),
    columns_of(texts, days, odd, numbers, st.just("t")),
    columns_of(prices, numbers, odd, texts, st.just("1.5"), st.just(2.5)),
    st.integers(1, 6),
)
def test_a_column_as_a_whole_gives_what_its_cells_give(
    sids: list[Any], times: list[Any], amounts: list[Any], count: int
) -> None:
    rows = list(zip(sids, times, amounts, strict=True))[:count]
    assert repr(read(rows)) == repr(one_by_one(rows))


@pytest.mark.parametrize(
    ("time", "ts"),
    [
        ("t", "t"),
        (" 2013-03-01 ", "2013-03-01"),
        ("1700000000000", 1700000000000),
        (1700000000000, 1700000000000),
        (1700000000000.0, 1700000000000),
        (0.5, 0.5),
        (Decimal("1.5"), 1.5),
        (date(2013, 3, 1), "2013-03-01"),
        (datetime(2013, 3, 1, 14, 30), "2013-03-01T14:30:00"),
        (datetime(2013, 3, 1, 14, 30, 0, 125000, UTC), "2013-03-01T14:30:00.125000+00:00"),
        ("1" * 19, "1" * 19),
        ("\u0663", "\u0663"),
    ],
)
def test_a_time_is_iso_8601_text_or_epoch_milliseconds(time: object, ts: str | float) -> None:
    for rows in ([("A", time, 1.5)], [("A", time, 1.5), ("A", "t", None)]):
        quotes, _skipped = read(rows)
        assert quotes == [Quote("A", 1.5, ts, 1, "a")]
        assert type(quotes[0].ts) is type(ts)


@pytest.mark.parametrize(
    ("row", "problem", "reason"),
    [
        ((None, "t", 1), "missing", "no symbol"),
        ((1.5, "t", 1), "malformed", "the symbol 1.5 is not a text"),
        (("x" * 65, "t", 1), "malformed", "has more than 64 characters"),
        (("A", float("nan"), 1), "missing", "no time"),
        (("A", True, 1), "malformed", "the time True is neither a text nor a number"),
        (("A", float("inf"), 1), "malformed", "the time inf is neither a text nor a number"),
        (("A", "t", float("nan")), "absurd", "the price nan is not a number"),
        (("A", "t", 10**400), "absurd", "is not finite"),
        (("A", "t", True), "absurd", "the price True is not a number"),
        (("A", "t", b"1"), "absurd", "the price b'1' is not a number"),
        (("A", "t", Decimal("1e10")), "absurd", "is above 1e+09"),
    ],
)
def test_a_value_that_is_none_is_told_by_what_is_wrong(
    row: tuple[Any, Any, Any], problem: str, reason: str
) -> None:
    quotes, skipped = read([row])
    assert quotes == []
    assert (skipped[0].row, skipped[0].problem) == (1, problem)
    assert reason in skipped[0].reason


def test_a_symbol_may_be_a_whole_number() -> None:
    assert read([(10107, "t", Decimal("1.5"))])[0] == [Quote("10107", 1.5, "t", 1, "a")]

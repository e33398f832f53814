"""Tables: reading columns as a whole gives what reading their cells one by one gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_data import ReadOptions, SkippedRow, UnusableFileError
from market_data.feeds.plan import Sample
from market_data.feeds.table import OnSkip, Rows, TableReader

HEADER = ["sid", "ts", "quote", "open"]
DAY = "2013-03-01"
NOON = 1362139200 * 10**9
Row = Sequence[Any]


class Given:
    """A table of rows in batches."""

    def __init__(self, batches: Sequence[tuple[Sequence[int], Sequence[Row]]], header: list[str]):
        self.sample = Sample("the table", "MINE", [header], True)
        self.notes: list[str] = []
        self._batches = batches

    def rows(self, needed: list[int], header_rows: int, on_skip: OnSkip) -> Iterator[Rows]:
        for numbers, rows in self._batches:
            columns = list(zip(*rows, strict=True))
            yield Rows(numbers, {index: columns[index] for index in needed})


def read(
    *batches: tuple[Sequence[int], Sequence[Row]],
    header: list[str] = HEADER,
    options: ReadOptions | None = None,
) -> tuple[list[Any], list[SkippedRow], str]:
    """Times, quotes with their other fields, skipped rows, and the sentence of a refusal."""
    skipped: list[SkippedRow] = []
    quotes: list[Any] = []
    try:
        reader = TableReader(Given(batches, header), "a", options or {}, skipped.append)
        for times, batch in reader.timed():
            for time, quote in zip(times, batch, strict=True):
                # as text 1 and 1.0, or NaN and NaN, are what they are
                facts = (time, *quote[:5], sorted(quote.fields.items()))
                quotes.append(repr(facts))
    except UnusableFileError as error:
        # quotes of the same batch are lost with it
        return [], skipped, str(error)
    return quotes, skipped, ""


def whole(rows: Sequence[Row], **others: Any) -> tuple[list[Any], list[SkippedRow], str]:
    return read((range(1, len(rows) + 1), rows), **others)


def one_by_one(rows: Sequence[Row], **others: Any) -> tuple[list[Any], list[SkippedRow], str]:
    nothing = [None] * len(rows[0])
    # beside a row of nothing no column can be read as a whole
    batches = [([0, number], [nothing, row]) for number, row in enumerate(rows, start=1)]
    quotes, skipped, refusal = read(*batches, **others)
    return quotes, [row for row in skipped if row.row], refusal


texts = st.sampled_from(
    ["", " ", "A", " A ", "1", "12", "\u0663", "1_0", "nan", "x" * 64, "x" * 65]
)
moments = st.sampled_from(
    [
        *(DAY, f" {DAY} ", "2013-03-01T12:00", "2013-03-01 12:00:00.5+01:00", "20130301", "t", "7"),
        *("1362139200", "1362139200000", "1362139200123456789", "2013-02-30", "NaT", "01/02/2013"),
        *("1362139200.25", "\u0661\u0663", "1" * 30),
    ]
)
clocks = st.sampled_from([1362139200, 1362139200000, 1362139200000.5, 20130301, 7, 2**60, True])
prices = st.sampled_from(
    [
        *("1.5", " 2 ", "1e3", "1_0", "\u0663", "nan", "inf", "-inf", "0", "-1", "1e10", "1e999"),
        *("null", ".5", "5.", "+1", "0x1", "1,5", "1,000.5", "1'000", "infinity", "1e9", "1e-300"),
    ]
)
numbers = st.sampled_from(
    [1, 1.5, 0, -1, 10**400, 2**60, 1e9, 1e10, float("nan"), float("inf"), True, 0.0, -0.0]
)
odd = st.sampled_from([None, b"1", (), Decimal("1.5"), Decimal("1e10"), Decimal("NaN")])
days = st.sampled_from([date(2020, 1, 2), datetime(2020, 1, 2, 3, 4, 5), datetime(1, 1, 1)])


GOOD = ("A", DAY, "1.5", "2")
AT = {"sid": 0, "ts": 1, "quote": 2, "open": 3}


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        *(("quote", cell) for cell in ("0", "-1", "nan", "inf", "1e10", "1_0", "\u0663", "", "x")),
        *(
            ("quote", cell)
            for cell in (0, -1, 1e10, float("nan"), float("inf"), True, None, 10**400)
        ),
        *(("sid", cell) for cell in ("", " ", "x" * 65, 7, None)),
        *(("ts", cell) for cell in ("", "t", "2013-02-30", "7", "20130301", 7, 20130301, None)),
        *(("open", cell) for cell in ("", "x", "nan", "1e999", "1_0", "9007199254740993", None)),
    ],
)
def test_one_cell_of_another_kind_changes_no_other(column: str, cell: Any) -> None:
    # of one type, as in a file of numbers, and of several
    goods = [GOOD, ("A", DAY, 1.5, 2)] if isinstance(cell, int | float) else [GOOD]
    for good in goods:
        changed = [*good]
        changed[AT[column]] = cell
        rows = [good, changed, good]
        found = whole(rows)
        assert found == one_by_one(rows)
        assert len(found[0]) + len(found[1]) == 3
        assert len(found[0]) >= 2


def columns_of(*cells: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Columns that are of one kind, and such that are of all."""
    kinds = [*cells, st.one_of(*cells)]
    return st.sampled_from(kinds).flatmap(lambda kind: st.lists(kind, min_size=6, max_size=6))


sid_columns = columns_of(texts, odd, numbers, st.just("A"))
time_columns = columns_of(moments, clocks, days, odd, numbers, st.just(DAY), st.just(1362139200))
price_columns = columns_of(prices, numbers, odd, texts, st.just("1.5"), st.just(2.5), st.just(3))


@given(sid_columns, time_columns, price_columns, price_columns, st.integers(1, 6))
def test_a_column_as_a_whole_gives_what_its_cells_give(
    sids: list[Any], times: list[Any], amounts: list[Any], opens: list[Any], count: int
) -> None:
    rows = list(zip(sids, times, amounts, opens, strict=True))[:count]
    assert whole(rows) == one_by_one(rows)


@given(time_columns, price_columns, price_columns)
def test_it_does_so_without_a_column_of_symbols(
    times: list[Any], amounts: list[Any], opens: list[Any]
) -> None:
    rows = list(zip(times, amounts, opens, strict=True))
    header = ["ts", "quote", "open"]
    assert whole(rows, header=header) == one_by_one(rows, header=header)


def test_proper_columns_are_read_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Iterator[Any]:
        raise AssertionError("cell by cell takes three times as long")

    rows = [("A", DAY, "1.5", "2"), (" A ", "2013-03-02", "2", "")]
    expected = one_by_one(rows)
    monkeypatch.setattr(TableReader, "_one_by_one", refuse)
    assert whole(rows) == expected
    assert len(expected[0]) == 2


@pytest.mark.parametrize(
    ("row", "problem", "reason"),
    [
        ((None, DAY, 1, 1), "missing", "no symbol"),
        ((1.5, DAY, 1, 1), "malformed", "the symbol 1.5 is not a text"),
        (("x" * 65, DAY, 1, 1), "malformed", "has more than 64 characters"),
        (("A", None, 1, 1), "missing", "no time"),
        (("A", float("nan"), 1, 1), "missing", "no time"),
        (("A", True, 1, 1), "malformed", "the time True is neither a text nor a number"),
        (("A", b"t", 1, 1), "malformed", "the time b't' is neither a text nor a number"),
        (("A", float("inf"), 1, 1), "time", "a time is a finite number"),
        (("A", 7, 1, 1), "time", "it might be the number of a row"),
        (("A", datetime(1, 1, 1), 1, 1), "time", "a time is of the years 1700 to 2200"),
        (("A", DAY, None, 1), "missing", "no price"),
        (("A", DAY, float("nan"), 1), "missing", "no price"),
        (("A", DAY, 10**400, 1), "not_a_price", "is not finite"),
        (("A", DAY, True, 1), "not_a_price", "the price True is not a number"),
        (("A", DAY, b"1", 1), "not_a_price", "the price b'1' is not a number"),
        (("A", DAY, Decimal("1e10"), 1), "not_a_price", "is above 1e+09"),
        (("A", DAY, Decimal("-1"), 1), "not_positive", "is not above 0"),
        # the price is read before the time, and the symbol before either
        (("", "t", "x", 1), "missing", "no symbol"),
        (("A", "t", "x", 1), "not_a_price", "the price 'x' is not a number"),
    ],
)
def test_a_value_that_is_none_is_told_by_what_is_wrong(row: Row, problem: str, reason: str) -> None:
    quotes, [skipped], _refusal = whole([row])
    assert quotes == []
    assert (skipped.source, skipped.row, skipped.problem) == ("a", 1, problem)
    assert reason in skipped.reason


def test_a_symbol_may_be_a_whole_number() -> None:
    quotes, skipped, _refusal = whole([(10107, DAY, Decimal("1.5"), None)])
    assert quotes == [repr((NOON - 43_200 * 10**9, "10107", 1.5, DAY, 1, "a", []))]
    assert skipped == []


def test_a_price_with_separators_refuses_the_table_with_the_option() -> None:
    rows = [("A", DAY, "999.5", "1"), ("A", "2013-03-02", "1,000.5", "1")]
    quotes, skipped, refusal = whole(rows)
    assert (quotes, skipped) == ([], [])
    assert refusal == (
        'the table: row 2: the price "1,000.5" has separators; expected --thousands ,'
    )
    quotes, skipped, refusal = whole(rows, options={"thousands": ","})
    assert [len(quotes), skipped, refusal] == [2, [], ""]

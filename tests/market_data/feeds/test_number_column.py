"""Numbers of a column: what is one, how it is separated, and what is refused."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_data.feeds.invalid_quote import InvalidQuoteError
from market_data.feeds.number_column import NumberColumn, SeparatorError, looks_like_number

SPACES = (" ", "\u00a0", "\u202f")


def grouped(number: int, separator: str, *, indian: bool = False) -> str:
    digits = str(number)
    head, tail = digits[:-3], digits[-3:]
    size = 2 if indian else 3
    groups = []
    while head:
        groups.insert(0, head[-size:])
        head = head[:-size]
    return separator.join([*groups, tail])


@given(
    st.integers(0, 10**9 - 1),
    st.integers(0, 999_999),
    st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", "."), ("\u2019", "."), ("_", ".")]),
    st.booleans(),
)
def test_a_number_with_the_named_separators_is_the_number_that_was_meant(
    whole: int, fraction: int, separators: tuple[str, str], indian: bool
) -> None:
    thousands, decimal = separators
    column = NumberColumn(decimal, thousands)
    text = f"{grouped(whole, thousands, indian=indian)}{decimal}{fraction:06}"
    [number] = column.fields("f", [text])
    assert number == float(f"{whole}.{fraction:06}")
    # a number below a thousand, or one without groups, is read as well
    assert column.fields("f", [f"{whole}{decimal}{fraction:06}"]) == [number]
    if whole:
        assert column.price(f" {text} ") == number


@pytest.mark.parametrize(
    ("decimal", "thousands", "text"),
    [
        (".", ",", "1,00"),
        (".", ",", "1,0000"),
        (".", ",", "1,000,00"),
        (".", ",", ",100"),
        (".", ",", "1,,000"),
        (".", ",", "1,000,"),
        (".", ",", "1.000,5"),
        (".", ",", "1.5,000"),
        (".", ",", "1 000"),
        (",", ".", "1.00"),
        (",", ".", "1,5.000"),
        (",", None, "1.5"),
        (",", None, "1.000"),
        (".", None, "1,000"),
        (".", "'", "1\u2019000"),
    ],
)
def test_what_is_not_grouped_as_named_is_no_number(
    decimal: str, thousands: str | None, text: str
) -> None:
    column = NumberColumn(decimal, thousands)
    assert column.fields("f", [text]) == [None]
    with pytest.raises((InvalidQuoteError, SeparatorError)):
        column.price(text)


@pytest.mark.parametrize("text", ["1,23,456.5", "12,34,567.5", "1,00,00,000"])
def test_indian_groups_are_read(text: str) -> None:
    assert NumberColumn(".", ",").price(text) == float(text.replace(",", ""))


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("1,234.5", "--thousands ,"),
        ("1,234,567", "--thousands ,"),
        ("1.234.567", "--decimal , --thousands ."),
        ("1.234,56", "--decimal , --thousands ."),
        ("1 234,56", "--decimal , --thousands ' '"),
        ("1\u00a0234,56", "--decimal , --thousands ' '"),
        ("1\u202f234,56", "--decimal , --thousands ' '"),
        ("1 234.5", "--thousands ' '"),
        ("1'234.5", '--thousands "\'"'),
        ("1\u2019234.5", "--thousands \u2019"),
        ("1,5", "--decimal ,"),
        ("1234,56", "--decimal ,"),
        # the file alone does not tell which of the two it is
        ("1,234", "--thousands , or --decimal , as the file means it"),
    ],
)
def test_a_price_with_separators_is_never_guessed_but_leads_to_the_options(
    text: str, option: str
) -> None:
    with pytest.raises(SeparatorError) as caught:
        NumberColumn().price(text)
    assert str(caught.value) == f'the price "{text}" has separators'
    assert caught.value.option == option


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        *(
            (nothing, "missing")
            for nothing in ("", " ", "null", "NaN", "None", "NA", "n/a", "#N/A")
        ),
        *((nothing, "missing") for nothing in ("-", ".", None, math.nan, Decimal("NaN"))),
        *((text, "not_a_price") for text in ("x", "1_000", "\u0663", "0x10", "1e", "1 2", "--1")),
        *(
            (text, "not_a_price")
            for text in ("inf", "Infinity", "1e999", "1000000000.5", "A5", "5%")
        ),
        *((cell, "not_a_price") for cell in (True, b"1", (), math.inf, 10**400, 1e10)),
        *(
            (cell, "not_positive")
            for cell in ("0", "-1", "-0.0", 0, -1, 0.0, Decimal("-1"), "1e-999")
        ),
    ],
)
def test_what_is_no_price_is_told_by_its_problem(cell: Any, problem: str) -> None:
    with pytest.raises(InvalidQuoteError) as caught:
        NumberColumn().price(cell)
    assert caught.value.problem == problem


@pytest.mark.parametrize(
    ("cell", "price"),
    [
        ("1.5", 1.5),
        (" 2 ", 2.0),
        ("+1", 1.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("8.12e-06", 8.12e-06),
        ("1E9", 1e9),
        (3, 3.0),
        (2.5, 2.5),
        (Decimal("1.5"), 1.5),
    ],
)
def test_a_price_is_the_nearest_float(cell: Any, price: float) -> None:
    assert repr(NumberColumn().price(cell)) == repr(price)
    if not isinstance(cell, Decimal):
        assert repr(NumberColumn().prices([cell])) == repr([price])


@given(st.floats(5e-324, 1e9))
def test_every_price_that_python_writes_is_read(price: float) -> None:
    column = NumberColumn()
    assert column.price(repr(price)) == column.prices([repr(price)])[0] == price


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["1", "2"], [1, 2]),
        (["1.0", "2.5"], [1, 2.5]),
        (["1", "", "68.18K"], [1, None, None]),
        ([1.0, 2.5], [1, 2.5]),
        ([1, None], [1, None]),
        (["-1", "-1.5"], [-1, -1.5]),
        ([math.nan, math.inf, True], [None, None, None]),
        (["9007199254740991", "9007199254740993"], [9007199254740991, 9007199254740992.0]),
        ([9007199254740991, 9007199254740993], [9007199254740991, 9007199254740992.0]),
    ],
)
def test_other_numbers_are_integers_where_they_are_whole(
    cells: list[Any], expected: list[Any]
) -> None:
    assert repr(list(NumberColumn().fields("f", cells))) == repr(expected)
    one_by_one = [NumberColumn().fields("f", [cell, None])[0] for cell in cells]
    assert repr(one_by_one) == repr(expected)


@pytest.mark.parametrize(
    "text", ["1", "-1.5", "1,5", "1,234.5", "1.234,56", "1'000", "1 000", "1e5"]
)
def test_a_number_of_some_language_looks_like_one(text: str) -> None:
    assert looks_like_number(f" {text} ")


@pytest.mark.parametrize("text", ["", "x", "2020-01-01", "68.18K", "0.4%", "1,2,3", "02.01.2023"])
def test_what_is_none_in_any_language_does_not(text: str) -> None:
    assert not looks_like_number(text)


@pytest.mark.parametrize(
    "text", ["$1.5", "1.5$", "\u20ac 1.5", "1.5 \u00a3", "\u00a51.5", "\u20b91.5"]
)
def test_the_sign_of_a_currency_is_no_part_of_a_number(text: str) -> None:
    assert NumberColumn().price(text) == 1.5


def test_cells_without_a_number_are_counted_by_field() -> None:
    """Cells that are no numbers are counted by field with the first of them."""
    column = NumberColumn()
    column.fields("volume", ["1", "68.18K", "", "null", "1,5"])
    column.fields("open", ["x"])
    column.fields("volume", ["2", None, "3M"])
    column.fields("high", ["1", "2"])
    assert column.unread == {"volume": (3, "68.18K"), "open": (1, "x")}

"""Any kind of real number is taken as the nearest double, and nothing else is."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio import (
    Costs,
    FixedCash,
    FixedFraction,
    MaxOrder,
    PaperVenue,
    Parameter,
    ParameterError,
    Portfolio,
)
from portfolio.reals import real

QUOTE = {"sid": "GOOG", "quote": 100.0, "id": "1", "channel": "quotes"}
NUMBERS: list[tuple[Any, float]] = [
    (3, 3.0),
    (0.1, 0.1),
    (2**53 + 1, 2.0**53),
    (np.int64(3), 3.0),
    (np.uint8(3), 3.0),
    (np.float16(2.5), 2.5),
    (np.float32(0.1), 0.10000000149011612),
    (np.float64(0.1), 0.1),
    (np.longdouble(0.5), 0.5),
    (np.array(2.5), 2.5),  # what numpy.where gives for numbers
    (Decimal("0.015"), 0.015),
    (Fraction(1, 3), 1 / 3),
]
OTHERS: list[tuple[Any, str]] = [
    (True, "bool"),
    (np.bool_(True), "bool"),
    (1j, "complex"),
    (np.complex64(1), "complex64"),
    ("3", "str"),
    (np.str_("3"), "str_"),
    (b"3", "bytes"),
    (None, "NoneType"),
    (np.timedelta64(3, "s"), "timedelta64"),
    (np.array([3.0]), "ndarray"),
]
NOT_FINITE = [
    *(float("nan"), float("inf"), -float("inf"), np.float32("nan"), np.float64("-inf")),
    *(Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("1e400"), 10**400),
    Fraction(10**400, 3),
]


@pytest.mark.parametrize(("value", "expected"), NUMBERS, ids=repr)
def test_a_real_number_is_taken_as_the_nearest_double(value: Any, expected: float) -> None:
    taken = real(value, "it")
    assert type(taken) is float
    assert taken == expected


@given(st.fractions() | st.decimals(allow_nan=False, allow_infinity=False, places=30))
def test_no_other_double_is_nearer(value: Fraction | Decimal) -> None:
    taken, exact = real(value, "it"), Fraction(value)
    distance = abs(Fraction(taken) - exact)
    for other in (np.nextafter(taken, -np.inf), np.nextafter(taken, np.inf)):
        assert distance <= abs(Fraction(float(other)) - exact)


@pytest.mark.parametrize(("value", "kind"), OTHERS, ids=repr)
def test_what_is_no_real_number_is_refused_with_its_name_and_type(value: Any, kind: str) -> None:
    with pytest.raises(ValueError, match=rf"^it is .*, of the type {kind}\w*: it has to be a fin"):
        real(value, "it")


@pytest.mark.parametrize("value", NOT_FINITE, ids=lambda value: repr(value)[:20])
def test_what_no_double_holds_is_refused_with_its_name(value: Any) -> None:
    with pytest.raises(ValueError, match=r"^it is .*: it has to be a finite number$"):
        real(value, "it")


def buy(value: Any) -> Any:
    portfolio = Portfolio(1000)
    portfolio.begin("x", QUOTE)
    portfolio.buy(QUOTE, value)
    return portfolio.orders


def sell(value: Any) -> Any:
    portfolio = Portfolio(1000)
    portfolio.begin("x", QUOTE)
    portfolio.buy(QUOTE, 500)
    portfolio.sell(QUOTE, value)
    return portfolio.orders


def target(value: Any) -> Any:
    portfolio = Portfolio(1000)
    portfolio.begin("x", QUOTE)
    portfolio.order_target_value(QUOTE, value)
    return portfolio.orders


def price(value: Any) -> Any:
    portfolio = Portfolio(1000)
    portfolio.begin("x", QUOTE)
    portfolio.buy({**QUOTE, "quote": value}, 1)
    portfolio.order_target_value({**QUOTE, "quote": value, "sid": "AAPL"}, 1)
    return portfolio.orders, portfolio.snapshot()


def made(**options: Any) -> Any:
    portfolio = Portfolio(**{"amount": 1000, **options})
    portfolio.begin("x", QUOTE)
    portfolio.optimize(QUOTE)
    return portfolio.orders, portfolio.snapshot()


CALLS: dict[str, Callable[[Any], Any]] = {
    "buy": buy,
    "sell": sell,
    "order_target_value": target,
    "price": price,
    "starting cash": lambda value: made(amount=value, sizing=FixedCash(1)),
    "minimum_amount": lambda value: made(minimum_amount=value, sizing=FixedCash(1)),
    "fraction": lambda value: made(sizing=FixedFraction(value)),
    "bet": lambda value: made(sizing=FixedCash(value)),
    "max_order": lambda value: made(limits=[MaxOrder(value)], sizing=FixedCash(9)),
    "commission": lambda value: made(venue=PaperVenue(costs=Costs(per_order=value)),
                                     sizing=FixedCash(9)),
}  # fmt: skip


@pytest.mark.parametrize("number", [np.float32(0.75), Decimal("0.75"), Fraction(3, 4)], ids=repr)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_every_call_takes_any_kind_of_number_as_a_float(
    call: Callable[[Any], Any], number: Any
) -> None:
    """Every call gives with any kind of number what it gives with a float."""
    given = call(number)
    assert repr(given) == repr(call(0.75))  # repr, so that no field is of another type


@pytest.mark.parametrize("value", [True, 1j, np.float64("nan"), [1]], ids=repr)
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_every_call_refuses_what_is_none(call: Callable[[Any], Any], value: Any) -> None:
    with pytest.raises(ValueError, match="it has to be a finite number"):
        call(value)


@pytest.mark.parametrize(
    ("value", "whole", "expected"),
    [
        (np.int64(5), True, 5),
        (np.float64(5.0), True, 5),
        (Decimal(5), True, 5),
        (np.float32(0.5), False, 0.5),
        (Fraction(1, 2), False, 0.5),
        (np.int8(5), False, 5),
        (5, False, 5),
    ],
)
def test_a_parameter_is_an_int_or_a_float_whatever_it_was_given_as(
    value: Any, whole: bool, expected: float
) -> None:
    read = Parameter("n", 1, "", whole=whole).read({"n": value})
    assert type(read) is type(expected)
    assert read == expected


@pytest.mark.parametrize("value", [True, np.bool_(True), "5", 1j, float("inf"), Decimal("NaN")])
@pytest.mark.parametrize("whole", [True, False])
def test_a_parameter_that_is_no_number_is_refused_with_its_name(value: Any, whole: bool) -> None:
    with pytest.raises(ParameterError, match=r"^parameter n is .*: it has to be a"):
        Parameter("n", 1, "", whole=whole).read({"n": value})


def test_numpy_is_not_imported_to_know_its_numbers() -> None:
    code = (
        "import sys; sys.modules['numpy'] = None\n"
        "from algo_service.engine.engine import Engine\nfrom algo_service.journal import codec\n"
        "from portfolio.reals import real\n"
        "from decimal import Decimal\n"
        "print(real(Decimal('0.5'), 'it'), codec.decode(codec.encode([Decimal('0.5')])))"
    )
    ran = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True, check=True)
    assert ran.stdout == "0.5 [Decimal('0.5')]\n"

"""Numbers are shown with the digits that their scale asks for; what is not 0 is not shown as 0."""

from __future__ import annotations

import pytest

from algo_service.backtest.report import digits


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (61000, "61,000.00"),
        (109.4, "109.40"),
        (1.08523, "1.08523"),
        (0.00000812, "0.00000812"),
        (1.4e-10, "1.4e-10"),
        (0.0, "0.00"),
        (-0.5, "-0.50"),
    ],
)
def test_a_price_has_six_significant_digits(value: float, text: str) -> None:
    assert digits.price(value) == text


@pytest.mark.parametrize(
    ("value", "scale", "text"),
    [
        (59521.0512, 10000, "59,521.05"),
        (9999.996, 10000, "10,000.00"),
        (0.0678721, 0.05, "0.0678721"),
        (0.05, 0.05, "0.05"),
        (1.2345678, 1, "1.23457"),
        (0.0012, 10000, "0.0012"),
        (-0.0000123, 0.05, "-0.0000123"),
        (4.2e-12, 1e-10, "4.2e-12"),
    ],
)
def test_an_account_decides_how_many_digits_its_cash_has(
    value: float, scale: float, text: str
) -> None:
    assert digits.cash(value, scale) == text


def test_a_ratio_that_is_not_zero_is_not_shown_as_zero() -> None:
    assert digits.percent(4.9521) == "495.21%"
    assert digits.percent(0.00001234) == "0.00123%"
    assert digits.percent(3.6e43) == "3.6e+45%"
    assert digits.number(0.004) == "0.004"
    assert digits.quantity(100.0) == "100"
    assert digits.quantity(71428571428571.4) == "71,428,571,428,571"
    assert digits.quantity(270.70867) == "270.709"
    assert digits.quantity(1200.0) == "1,200"
    assert digits.quantity(1.4e-12) == "1.4e-12"

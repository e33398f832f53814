"""Numbers for people."""

from __future__ import annotations

import pytest

from algo_service import figures


@pytest.mark.parametrize(
    ("amount", "scale", "text"),
    [
        (50000, 50000, "50,000.00"),
        (-1226.305, 50000, "-1,226.31"),
        (0.0, 50000, "0.00"),
        (-0.0, 50000, "0.00"),
        (-7e-12, 50000, "0.00"),
        (0.5, 0.5, "0.500000"),
        (0.00012, 0.5, "0.000120"),
        (0.00012, 0.00012, "0.000120000"),
        (1e9, 1e9, "1,000,000,000.00"),
        (1.5e300, 1.5e300, "1.500000e+300"),
    ],
)
def test_money_has_as_many_digits_as_the_account_needs(
    amount: float, scale: float, text: str
) -> None:
    """Money has thousands and two digits or those that a small account needs."""
    assert figures.money(amount, scale) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (109.4, "109.40"),
        (345, "345.00"),
        (100.335, "100.335"),
        (64123.4567, "64,123.457"),
        (8.01e-6, "0.00000801"),
        (1.4e-10, "1.4000000e-10"),
        (1e9, "1,000,000,000.00"),
    ],
)
def test_a_price_has_two_decimals_and_more_where_it_has_more(value: float, text: str) -> None:
    assert figures.price(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (270.70867, "270.71"),
        (3.57971, "3.5797"),
        (0.00012, "0.00012"),
        (0.0000000042, "0.0000000042"),
        (12, "12"),
        (100, "100"),
        (29615.528, "29,615.53"),
        (1000, "1,000"),
        (0, "0"),
        (3e20, "3.0000e+20"),
    ],
)
def test_a_quantity_is_compact_and_never_shown_as_nothing(value: float, text: str) -> None:
    assert figures.quantity(value) == text

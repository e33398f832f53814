"""Money, prices and quantities as text for people, short but never misleading."""

from __future__ import annotations

import math
from decimal import Decimal

# Beyond these a number is written with an exponent.
_MAX = 1e15
_MIN = 1e-9


def money(amount: float, scale: float) -> str:
    """Return an amount with two decimals, or more where the whole account is below 1.

    :param scale: the account's size, such as its equity: 0.00 would hide half a bitcoin, and a
        profit of 1e-12 on 50,000 is shown as 0.00.
    """
    if abs(amount) >= _MAX:
        return f"{amount:.6e}"
    decimals = 2
    if 0 < abs(scale) < 1:
        decimals = min(5 - math.floor(math.log10(abs(scale))), 15)
    text = f"{amount:,.{decimals}f}"
    # no -0.00
    return text.removeprefix("-") if not text.strip("-0.,") else text


def price(value: float) -> str:
    """Return a price with at least two decimals, and up to eight significant digits."""
    text = _digits(value, 8)
    if "e" in text:
        return text
    whole, _, fraction = text.partition(".")
    return f"{whole}.{fraction:<02}"


def quantity(value: float) -> str:
    """Return a quantity with five significant digits, or, from 1,000 on, with two decimals."""
    if 1_000 <= abs(value) < _MAX:
        return f"{value:,.2f}".removesuffix(".00")
    return _digits(value, 5)


def _digits(value: float, significant: int) -> str:
    if value and not _MIN <= abs(value) < _MAX:
        return f"{value:.{significant - 1}e}"
    # fixed, for 8.01e-06 is hard to compare
    text = f"{Decimal(f'{value:.{significant}g}'):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

"""Numbers as people read them: the scale of a number decides how many digits are shown.

What is not 0 is never shown as 0.
"""

from __future__ import annotations

import math

SIGNIFICANT = 6
"""Digits that a number below 100 is shown with; larger ones have 2 decimals."""
USUAL = 100
"""Cash from which on 2 decimals are enough, as in most currencies."""

_TINY, _HUGE = 1e-9, 1e15
"""Beyond them a power of ten is easier to read than a row of zeros."""


def price(value: float) -> str:
    """Return a price with 6 significant digits: `61,000.00`, `1.08523`, `0.00000812`, `1.4e-10`."""
    return _fixed(value, _decimals(value))


def quantity(value: float) -> str:
    """Return units with 6 significant digits: `100`, `270.709`, `71,428,571,428,571`."""
    text = _fixed(value, _decimals(value, 0))
    return text.rstrip("0").rstrip(".") if "." in text else text


def cash(value: float, scale: float) -> str:
    """Return an amount with as many decimals as an account of this scale asks for.

    :param scale: the size of the account, such as its starting cash: 0.05 for `0.0500123`.
    """
    decimals = 2 if not scale or abs(scale) >= USUAL else _decimals(scale)
    if value and abs(value) < 10.0**-decimals:
        decimals = _decimals(value) - SIGNIFICANT // 2
    return _fixed(value, decimals)


def number(value: float) -> str:
    """Return a ratio with 2 decimals, or 3 significant digits where they would be 0."""
    if value and not 0.005 <= abs(value) < _HUGE:
        return f"{value:.3g}"
    return f"{value:,.2f}"


def percent(fraction: float) -> str:
    """Return a fraction as a percentage, likewise."""
    return f"{number(fraction * 100)}%"


def _decimals(scale: float, least: int = 2) -> int:
    magnitude = math.floor(math.log10(abs(scale))) if scale else 0
    return max(least, SIGNIFICANT - 1 - magnitude)


def _fixed(value: float, decimals: int) -> str:
    if value and not _TINY <= abs(value) < _HUGE:
        return f"{value:.{SIGNIFICANT}g}"
    whole, _, fraction = f"{value:,.{decimals}f}".partition(".")
    return f"{whole}.{fraction.rstrip('0').ljust(2, '0')}"

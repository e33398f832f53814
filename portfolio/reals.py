"""Numbers as algorithms have them (of Python, numpy, `decimal` or `fractions`) as doubles.

numpy is known by its `dtype`: it is not imported, and need not be installed.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from numbers import Integral, Real
from typing import Any

# of numpy: signed, unsigned, floating; not "b" (bool), "c" (complex), "m" (a length of time) ...
_KINDS = ("i", "u", "f")


def real(value: Any, name: str) -> float:
    """Return a number as the nearest double.

    :param value: an int, a float, a Decimal, a Fraction, another `numbers.Real`, or a scalar or an
        array without dimensions of numpy.
    :param name: what it is, for the error, such as "the amount".
    :raises ValueError: naming both, if it is anything else (bool, complex, text), NaN, infinite, or
        beyond what a double holds.
    """
    if type(value) is float and math.isfinite(value):
        return value
    if not is_real(value):
        raise ValueError(
            f"{name} is {_shown(value)}, of the type {type(value).__name__}:"
            " it has to be a finite number"
        )
    try:
        number = float(value)
    except (OverflowError, ValueError):  # 10**400; Decimal("sNaN")
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"{name} is {_shown(value)}: it has to be a finite number")
    return number


def _shown(value: Any) -> str:
    try:
        return f"{value!r:.80}"
    except ValueError:  # Python writes no whole number of more than 4,300 digits
        return "a whole number of thousands of digits"


def is_real(value: Any) -> bool:
    """Tell whether a value is a real number, finite or not; a bool is not."""
    if isinstance(value, int | float | Decimal | Fraction):
        return not isinstance(value, bool)
    dtype = getattr(value, "dtype", None)
    if dtype is not None:  # a length of time is a numbers.Real to numpy
        return getattr(dtype, "kind", None) in _KINDS and getattr(value, "shape", None) == ()
    return isinstance(value, Real)


def is_whole(value: Any) -> bool:
    """Tell whether a value is of a type of whole numbers; bool is not."""
    if isinstance(value, int):
        return not isinstance(value, bool)
    dtype = getattr(value, "dtype", None)
    if dtype is not None:
        return is_real(value) and dtype.kind != "f"
    return isinstance(value, Integral)


def price(value: Any) -> float:
    """Return the price of a quote: a real number, or, as the contract allows, its text.

    :raises ValueError: if it is neither.
    """
    return real(float(value) if isinstance(value, str) else value, "the quote")

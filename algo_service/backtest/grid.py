"""The values of a parameter that `--sweep` tries."""

from __future__ import annotations

import math

from portfolio import ParameterError

MAX_VALUES = 100_000
"""Of one parameter; `sweep` runs no more combinations either."""


def grid(text: str) -> tuple[str, list[float]]:
    """Return name and values of `fast=5..50:5` (from, to, step) or `fast=5,10,20`.

    :raises ParameterError: if it is written otherwise, or has no values.
    """
    name, _, written = text.partition("=")
    try:
        if ".." in written:
            span, _, step_text = written.partition(":")
            start, end = (_number(each) for each in span.split(".."))
            step = _number(step_text) if step_text else 1
            count = math.floor((end - start) / step + 1e-9) + 1
            values = [_tidy(start + n * step) for n in range(min(count, MAX_VALUES + 1))]
        else:
            values = [_number(each) for each in written.split(",")]
    except (ValueError, ZeroDivisionError, OverflowError):
        values = []
    if not name or not values:
        raise ParameterError(f'cannot sweep "{text}": write name=from..to:step, or name=5,10,20')
    return name, values


def _number(text: str) -> float:
    try:
        return int(text)
    except ValueError:
        value = float(text)
        if not math.isfinite(value):
            raise
        return value


def _tidy(value: float) -> float:
    return value if isinstance(value, int) else round(value, 12)

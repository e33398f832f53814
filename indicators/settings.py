"""The numbers that an indicator is made with, and their bounds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real

from indicators.errors import SettingError

MAX_PERIOD = 10_000
"""Quotes in a window: it bounds the memory of each indicator and instrument."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One number of an indicator: its name, what is usual, and the bounds, both allowed."""

    name: str
    usual: float
    """What it is in most charts; for messages and documents, not a default."""
    minimum: float = 1
    maximum: float = MAX_PERIOD
    is_whole: bool = True

    def check(self, value: object, kind: str) -> float:
        """Return the value as an int or float.

        :raises SettingError: if it is not a number, not whole, or out of bounds.
        """
        if isinstance(value, bool) or not isinstance(value, Real):
            raise SettingError(f"{self.name} of {kind} is {value!r:.40}: it has to be a number")
        value = float(value)
        if not (self.minimum <= value <= self.maximum and (value % 1 == 0 or not self.is_whole)):
            whole = "a whole number " if self.is_whole else ""
            raise SettingError(
                f"{self.name} of {kind} is {value:g}: it has to be {whole}from {self.minimum:g}"
                f" to {self.maximum:g}"
            )
        return int(value) if value % 1 == 0 else value

    def read(self, text: str, kind: str) -> float:
        """Return the value that a text writes.

        :raises SettingError: if it writes no number, or one that is not allowed.
        """
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if math.isnan(value):
            raise SettingError(f'{self.name} of {kind} is "{text:.40}": it has to be a number')
        return self.check(value, kind)

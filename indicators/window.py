"""The exact sum of the last numbers, in the time of a few additions.

Sums of floats that are kept by adding and subtracting drift, and a bad tick of 1e9 leaves its
rounding errors behind when it has left. These are kept as whole numbers: every float is a whole
multiple of a power of two, so that nothing is rounded but the result, once. Whatever the order and
the number of updates, the sum is that of the numbers in the window, and no other state is needed.
"""

from __future__ import annotations

from collections import deque
from typing import Any

MAX_FLOAT_BITS = 900
"""Of the scale: up to here a scaled price is a float."""


class WindowSum:
    """The last `period` numbers and their sum.

    Its unit is 2^-`bits`, which becomes finer when a number needs it.
    """

    __slots__ = ("_divisor", "_scale", "bits", "numbers", "period", "total", "units")

    def __init__(self, period: int) -> None:
        self.period = period
        self.numbers: deque[float] = deque(maxlen=period)
        self.units: deque[int] = deque(maxlen=period)
        """The same numbers in units."""
        self.total = 0
        """Their sum, in units."""
        self._set_bits(0)

    def _set_bits(self, bits: int) -> None:
        self.bits = bits
        # no number is whole when it is multiplied with nan
        self._scale = 2.0**bits if bits <= MAX_FLOAT_BITS else float("nan")
        self._divisor = self.period << bits

    def push(self, number: float) -> None:
        """Take a number in, and let the oldest one go once there are `period`."""
        scaled = number * self._scale
        unit = int(scaled) if scaled.is_integer() else self._refined(number)
        units = self.units
        self.total += unit - units[0] if len(units) == self.period else unit
        units.append(unit)
        self.numbers.append(number)

    def in_units(self, number: float) -> int:
        """Return a number in units, which are made finer if it needs that."""
        scaled = number * self._scale
        return int(scaled) if scaled.is_integer() else self._refined(number)

    def _refined(self, number: float) -> int:
        numerator, denominator = number.as_integer_ratio()
        bits = denominator.bit_length() - 1
        if bits > self.bits:
            self._refine(bits - self.bits)
        return numerator << (self.bits - bits)

    def _refine(self, by: int) -> None:
        """Make the unit finer by 2^`by`."""
        self.units = deque([unit << by for unit in self.units], self.period)
        self.total <<= by
        self._set_bits(self.bits + by)

    @property
    def is_full(self) -> bool:
        """Whether there are `period` numbers."""
        return len(self.units) == self.period

    @property
    def mean(self) -> float:
        """The mean of a full window, rounded once."""
        return self.total / self._divisor

    def save(self) -> list[Any]:
        """Return the numbers, the oldest first."""
        return list(self.numbers)

    def load(self, state: list[Any]) -> None:
        """Take on the numbers that `save` returned."""
        for number in state:
            self.push(number)

"""The weighted moving average."""

from __future__ import annotations

from indicators.indicator import Indicator
from indicators.settings import Setting
from indicators.window import WindowSum


class Wma(Indicator[float]):
    """The mean of the last `period` prices, the oldest with weight 1, the newest with `period`.

    In units of the price. Warm-up: `period` quotes. Source: TA-Lib, WMA.
    """

    KIND = "wma"
    SETTINGS = (Setting("period", 20),)
    FIELDS = ("wma",)

    def __init__(self, period: int) -> None:
        super().__init__(period)
        self.period = self.warm_up = int(period)

    def _new(self) -> WmaSeries:
        return WmaSeries(self.period)


class WmaSeries(WindowSum):
    """The weighted mean of one instrument's last prices."""

    __slots__ = ("_weighted", "_weights")

    def __init__(self, period: int) -> None:
        super().__init__(period)
        self._weights = period * (period + 1) // 2
        self._weighted = 0
        """Of the numbers, in units."""

    def push(self, number: float) -> None:
        """Take a number in; the weight of each older one falls by 1."""
        unit = self.in_units(number)
        units = self.units
        count = len(units)
        if count == self.period:
            self._weighted += count * unit - self.total
            self.total += unit - units[0]
        else:
            self._weighted += (count + 1) * unit
            self.total += unit
        units.append(unit)
        self.numbers.append(number)

    def _refine(self, by: int) -> None:
        super()._refine(by)
        self._weighted <<= by

    def add(self, price: float) -> float | None:
        """Take a price in; return the mean once there are enough."""
        self.push(price)
        return self._weighted / (self._weights << self.bits) if self.is_full else None

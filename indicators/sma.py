"""The simple moving average."""

from __future__ import annotations

from indicators.indicator import Indicator
from indicators.settings import Setting
from indicators.window import WindowSum


class Sma(Indicator[float]):
    """The mean of the last `period` prices, in units of the price.

    Warm-up: `period` quotes. Source: TA-Lib, SMA.
    """

    KIND = "sma"
    SETTINGS = (Setting("period", 20),)
    FIELDS = ("sma",)

    def __init__(self, period: int) -> None:
        super().__init__(period)
        self.period = self.warm_up = int(period)

    def _new(self) -> SmaSeries:
        return SmaSeries(self.period)


class SmaSeries(WindowSum):
    """The mean of one instrument's last prices."""

    __slots__ = ()

    def add(self, price: float) -> float | None:
        """Take a price in; return the mean once there are enough."""
        self.push(price)
        return self.total / self._divisor if len(self.units) == self.period else None

"""The relative strength index."""

from __future__ import annotations

from typing import Any

from indicators.ema import Smoothed
from indicators.indicator import Indicator
from indicators.settings import Setting

MIN_MOVEMENT = 1e-290
"""Of price: below it a double loses its digits."""


class Rsi(Indicator[float]):
    """The mean rise as a part of the mean rise and the mean fall, from 0 to 100.

    The means are those of Wilder: they begin with the first `period` changes of the price, and move
    by 1 / `period` of the distance. There is no value where the price has not moved at all.
    Warm-up: `period` + 1 quotes. Source: TA-Lib, RSI (which gives 0 there); J. W. Wilder, New
    Concepts in Technical Trading Systems (1978).
    """

    KIND = "rsi"
    SETTINGS = (Setting("period", 14, minimum=2),)
    FIELDS = ("rsi",)

    def __init__(self, period: int) -> None:
        super().__init__(period)
        self.period = int(period)
        self.warm_up = self.period + 1

    def _new(self) -> RsiSeries:
        return RsiSeries(self.period)


class RsiSeries:
    """The index of one instrument."""

    __slots__ = ("_falls", "_last", "_rises")

    def __init__(self, period: int) -> None:
        self._last: float | None = None
        self._rises = Smoothed(period, 1 / period)
        self._falls = Smoothed(period, 1 / period)

    def add(self, price: float) -> float | None:
        """Take a price in; return the index once there are enough."""
        last, self._last = self._last, price
        if last is None:
            return None
        change = price - last
        rise = self._rises.add(change if change > 0 else 0.0)
        fall = self._falls.add(-change if change < 0 else 0.0)
        if rise is None or fall is None or rise + fall < MIN_MOVEMENT:
            return None
        return 100 * (rise / (rise + fall))

    def save(self) -> list[Any]:
        """Return the last price and both means."""
        return [self._last, self._rises.save(), self._falls.save()]

    def load(self, state: list[Any]) -> None:
        """Take on the state that `save` returned."""
        self._last, rises, falls = state
        self._rises.load(rises)
        self._falls.load(falls)

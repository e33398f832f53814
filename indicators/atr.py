"""The average true range."""

from __future__ import annotations

from typing import Any

from indicators.bars import Bar, BarIndicator
from indicators.ema import Smoothed
from indicators.settings import Setting


class Atr(BarIndicator[float]):
    """The mean of the true ranges: from low to high, the close before included.

    The mean is that of Wilder: it begins with the first `period` ranges, and moves by 1 / `period`
    of the distance. The first bar has no close before it, and no true range. In units of the price.
    Needs `high` and `low`. Warm-up: `period` + 1 quotes. Source: TA-Lib, ATR; J. W. Wilder, New
    Concepts in Technical Trading Systems (1978).
    """

    KIND = "atr"
    SETTINGS = (Setting("period", 14),)
    FIELDS = ("atr",)

    def __init__(self, period: int) -> None:
        super().__init__(period)
        self.period = int(period)
        self.warm_up = self.period + 1

    def _new(self) -> AtrSeries:
        return AtrSeries(self.period)


class AtrSeries:
    """The average true range of one instrument."""

    __slots__ = ("_close", "_ranges")

    def __init__(self, period: int) -> None:
        self._close: float | None = None
        self._ranges = Smoothed(period, 1 / period)

    def add(self, bar: Bar) -> float | None:
        """Take a bar in; return the mean once there are enough."""
        high, low, close = bar
        before, self._close = self._close, close
        if before is None:
            return None
        return self._ranges.add(max(high, before) - min(low, before))

    def save(self) -> list[Any]:
        """Return the last close, and the mean."""
        return [self._close, self._ranges.save()]

    def load(self, state: list[Any]) -> None:
        """Take on the state that `save` returned."""
        self._close, ranges = state
        self._ranges.load(ranges)

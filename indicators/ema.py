"""The exponential moving average."""

from __future__ import annotations

import math
from typing import Any

from indicators.indicator import Indicator
from indicators.settings import Setting


class Ema(Indicator[float]):
    """The mean of all prices, the weight of each 1 - 2 / (`period` + 1) of that of the next one.

    It begins with the mean of the first `period` prices. In units of the price. Warm-up: `period`
    quotes. Source: TA-Lib, EMA.
    """

    KIND = "ema"
    SETTINGS = (Setting("period", 20),)
    FIELDS = ("ema",)

    def __init__(self, period: int) -> None:
        super().__init__(period)
        self.period = self.warm_up = int(period)

    def _new(self) -> Smoothed:
        return Smoothed(self.period, 2 / (self.period + 1))


class Smoothed:
    """A mean that moves to each number by the same part of the distance.

    Rounding errors decay with it. It begins with the mean of the first `period` numbers.
    """

    __slots__ = ("_first", "_part", "_period", "mean")

    def __init__(self, period: int, part: float) -> None:
        self._period = period
        self._part = part
        self._first: list[float] | None = []
        self.mean: float | None = None
        """None up to the first `period` numbers."""

    def add(self, number: float) -> float | None:
        """Take a number in; return the mean once there are enough."""
        mean = self.mean
        if mean is not None:
            self.mean = mean = mean + self._part * (number - mean)
            return mean
        assert self._first is not None
        self._first.append(number)
        if len(self._first) == self._period:
            self.mean, self._first = math.fsum(self._first) / self._period, None
        return self.mean

    def save(self) -> list[Any]:
        """Return the mean and, as long as there is none, the first numbers."""
        return [self.mean, list(self._first or ())]

    def load(self, state: list[Any]) -> None:
        """Take on the state that `save` returned."""
        self.mean, first = state
        self._first = list(first) if self.mean is None else None

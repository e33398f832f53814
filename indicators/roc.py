"""What the price has done since some quotes ago: momentum, and the rate of change."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections import deque
from typing import Any

from indicators.indicator import Indicator
from indicators.settings import Setting


class Momentum(Indicator[float]):
    """The price minus that of `period` quotes ago, in units of the price.

    Warm-up: `period` + 1 quotes. Source: TA-Lib, MOM.
    """

    KIND = "momentum"
    SETTINGS = (Setting("period", 10),)
    FIELDS = ("momentum",)

    def __init__(self, period: int) -> None:
        super().__init__(period)
        self.period = int(period)
        self.warm_up = self.period + 1

    def _new(self) -> MomentumSeries:
        return MomentumSeries(self.period)


class Roc(Indicator[float]):
    """The change of the price since `period` quotes ago, in per cent of that price.

    There is no value where that price was 0, or so small that the value is not finite. Warm-up:
    `period` + 1 quotes. Source: TA-Lib, ROC.
    """

    KIND = "roc"
    SETTINGS = (Setting("period", 10),)
    FIELDS = ("roc",)

    def __init__(self, period: int) -> None:
        super().__init__(period)
        self.period = int(period)
        self.warm_up = self.period + 1

    def _new(self) -> RocSeries:
        return RocSeries(self.period)


class Rocr(Indicator[float]):
    """The price as a multiple of that of `period` quotes ago: 1.1 after a rise by 10 %.

    There is no value where that price was 0, or so small that the value is not finite. Warm-up:
    `period` + 1 quotes. Source: TA-Lib, ROCR.
    """

    KIND = "rocr"
    SETTINGS = (Setting("period", 10),)
    FIELDS = ("rocr",)

    def __init__(self, period: int) -> None:
        super().__init__(period)
        self.period = int(period)
        self.warm_up = self.period + 1

    def _new(self) -> RocrSeries:
        return RocrSeries(self.period)


class _LaggedSeries:
    """One instrument's last `period` + 1 prices."""

    __slots__ = ("_prices",)

    def __init__(self, period: int) -> None:
        self._prices: deque[float] = deque(maxlen=period + 1)

    def add(self, price: float) -> float | None:
        """Take a price in; return the value once there are enough."""
        prices = self._prices
        prices.append(price)
        return self._value(price, prices[0]) if len(prices) == prices.maxlen else None

    @abstractmethod
    def _value(self, price: float, former: float) -> float | None:
        """Return the value from the last price and the one `period` quotes before it."""

    def save(self) -> list[Any]:
        """Return the prices, the oldest first."""
        return list(self._prices)

    def load(self, state: list[Any]) -> None:
        """Take on the prices that `save` returned."""
        self._prices.extend(state)


class MomentumSeries(_LaggedSeries):
    """The momentum of one instrument."""

    __slots__ = ()

    def _value(self, price: float, former: float) -> float:
        return price - former


class RocSeries(_LaggedSeries):
    """The rate of change of one instrument."""

    __slots__ = ()

    def _value(self, price: float, former: float) -> float | None:
        return _finite((price / former - 1) * 100) if former else None


class RocrSeries(_LaggedSeries):
    """The rate of change of one instrument, as a multiple."""

    __slots__ = ()

    def _value(self, price: float, former: float) -> float | None:
        return _finite(price / former) if former else None


def _finite(value: float) -> float | None:
    """Return the value, or None: a price of 1e-320 makes it infinite."""
    return value if math.isfinite(value) else None

"""The standard deviation, and two that are made of it: Bollinger bands and the z-score."""

from __future__ import annotations

import math
from typing import NamedTuple

from indicators.indicator import Indicator
from indicators.settings import Setting
from indicators.window import WindowSum

WINDOW = Setting("period", 20, minimum=2)

MAX_FLOAT_SPREAD = 2**1000
"""Up to here a spread becomes a float."""
MAX_FLOAT_SPREAD_BITS = 400


class StandardDeviation(Indicator[float]):
    """The standard deviation of the last `period` prices, that of a population.

    In units of the price. Warm-up: `period` quotes. Source: TA-Lib, STDDEV.
    """

    KIND = "stddev"
    SETTINGS = (WINDOW,)
    FIELDS = ("stddev",)

    def __init__(self, period: int) -> None:
        super().__init__(period)
        self.period = self.warm_up = int(period)

    def _new(self) -> DeviationSeries:
        return DeviationSeries(self.period)


class ZScore(Indicator[float]):
    """The price's distance from the mean of the last `period` ones, in standard deviations.

    The price is among them; the deviation is that of a population. A number without a unit. There
    is no value where all of them are equal. Warm-up: `period` quotes. Source: the standard score of
    statistics; in the words of J. Bollinger, Bollinger on Bollinger Bands (2001), how many
    deviations the price is above the middle band.
    """

    KIND = "zscore"
    SETTINGS = (WINDOW,)
    FIELDS = ("zscore",)

    def __init__(self, period: int) -> None:
        super().__init__(period)
        self.period = self.warm_up = int(period)

    def _new(self) -> ZScoreSeries:
        return ZScoreSeries(self.period)


class BollingerValue(NamedTuple):
    """The three bands, in units of the price."""

    lower: float
    middle: float
    upper: float


class Bollinger(Indicator[BollingerValue]):
    """The mean of the last `period` prices, and `deviations` standard deviations below and above.

    In units of the price; the deviation is that of a population. Warm-up: `period` quotes. Source:
    TA-Lib, BBANDS with simple averages; J. Bollinger, Bollinger on Bollinger Bands (2001).
    """

    KIND = "bollinger"
    SETTINGS = (WINDOW, Setting("deviations", 2, minimum=0, maximum=100, is_whole=False))
    FIELDS = BollingerValue._fields

    def __init__(self, period: int, deviations: float) -> None:
        super().__init__(period, deviations)
        self.period = self.warm_up = int(period)
        self.deviations = float(deviations)

    def _new(self) -> BollingerSeries:
        return BollingerSeries(self.period, self.deviations)


class SpreadWindow(WindowSum):
    """A window with the sum of the squares, too."""

    __slots__ = ("_squares",)

    def __init__(self, period: int) -> None:
        super().__init__(period)
        self._squares = 0
        """Of the numbers, in squares of the unit."""

    def push(self, number: float) -> None:
        """Take a number in, and let the oldest one go once there are `period`."""
        unit = self.in_units(number)
        units = self.units
        old = units[0] if len(units) == self.period else 0
        change = unit - old
        self.total += change
        self._squares += change * (unit + old)
        units.append(unit)
        self.numbers.append(number)

    def _refine(self, by: int) -> None:
        super()._refine(by)
        self._squares <<= 2 * by

    @property
    def spread(self) -> int:
        """The variance of a full window, times `period` squared, in squares of the unit."""
        return self.period * self._squares - self.total * self.total

    @property
    def deviation(self) -> float:
        """The standard deviation of a full window."""
        return self.in_deviations(self.spread, None)

    def in_deviations(self, spread: int, distance: int | None) -> float:
        """Return a distance, times `period` in units, in deviations; None: the deviation itself."""
        if spread < MAX_FLOAT_SPREAD and self.bits <= MAX_FLOAT_SPREAD_BITS:
            root = math.sqrt(spread)
            return root / self._divisor if distance is None else distance / root
        whole_root = math.isqrt(spread << 128)  # of 64 bits more than the spread has
        if distance is None:
            return whole_root / (self._divisor << 64)
        return (distance << 64) / whole_root


class DeviationSeries(SpreadWindow):
    """The deviation of one instrument's last prices."""

    __slots__ = ()

    def add(self, price: float) -> float | None:
        """Take a price in; return the deviation once there are enough."""
        self.push(price)
        return self.deviation if self.is_full else None


class ZScoreSeries(SpreadWindow):
    """The z-score of one instrument's last price."""

    __slots__ = ()

    def add(self, price: float) -> float | None:
        """Take a price in; return its score, if there is one."""
        self.push(price)
        if not self.is_full:
            return None
        spread = self.spread
        if not spread:
            return None
        return self.in_deviations(spread, self.period * self.units[-1] - self.total)


class BollingerSeries(SpreadWindow):
    """The bands of one instrument."""

    __slots__ = ("_deviations",)

    def __init__(self, period: int, deviations: float) -> None:
        super().__init__(period)
        self._deviations = deviations

    def add(self, price: float) -> BollingerValue | None:
        """Take a price in; return the bands once there are enough."""
        self.push(price)
        if not self.is_full:
            return None
        middle, width = self.mean, self._deviations * self.deviation
        return BollingerValue(middle - width, middle, middle + width)

"""The highest and the lowest of the last bars: Donchian's channel and the stochastic."""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

from indicators.bars import Bar, BarIndicator
from indicators.settings import Setting
from indicators.window import WindowSum


class DonchianValue(NamedTuple):
    """The channel, in units of the price; `middle` is half way."""

    lower: float
    middle: float
    upper: float


class Donchian(BarIndicator[DonchianValue]):
    """The lowest low and the highest high of the last `period` bars, the present one included.

    In units of the price. Needs `high` and `low`. Warm-up: `period` quotes. Source: TA-Lib, MIN of
    the lows and MAX of the highs; R. D. Donchian's four-week rule (1960).
    """

    KIND = "donchian"
    SETTINGS = (Setting("period", 20),)
    FIELDS = DonchianValue._fields

    def __init__(self, period: int) -> None:
        super().__init__(period)
        self.period = self.warm_up = int(period)

    def _new(self) -> DonchianSeries:
        return DonchianSeries(self.period)


class StochasticValue(NamedTuple):
    """%K, slowed, and its mean %D, from 0 to 100."""

    k: float
    d: float


class Stochastic(BarIndicator[StochasticValue]):
    """Where the close is between the lowest low, 0, and the highest high, 100.

    Of the last `period` bars; %K is the simple mean of the last `slowing` such numbers, %D that of
    the last `signal` of %K. Where the highest is the lowest there is no value, and the means leave
    it out. Needs `high` and `low`. Warm-up: `period` + `slowing` + `signal` - 2 quotes. Source:
    TA-Lib, STOCH with simple averages (which takes 0 there); G. C. Lane (1984).
    """

    KIND = "stochastic"
    SETTINGS = (Setting("period", 14), Setting("slowing", 3), Setting("signal", 3))
    FIELDS = StochasticValue._fields

    def __init__(self, period: int, slowing: int, signal: int) -> None:
        super().__init__(period, slowing, signal)
        self.period, self.slowing, self.signal = int(period), int(slowing), int(signal)
        self.warm_up = self.period + self.slowing + self.signal - 2

    def _new(self) -> StochasticSeries:
        return StochasticSeries(self.period, self.slowing, self.signal)


class Highest:
    """The highest of the last `period` numbers, in the time of a few comparisons.

    It keeps those alone that can still become the highest: each is above all that came after it.
    """

    __slots__ = ("_count", "_kept", "period")

    def __init__(self, period: int) -> None:
        self.period = period
        self._count = 0
        self._kept: deque[tuple[int, float]] = deque()
        """Where each one came, and the number; at most `period`."""

    def push(self, number: float) -> float:
        """Take a number in; return the highest."""
        kept, count = self._kept, self._count
        while kept and kept[-1][1] <= number:
            kept.pop()
        kept.append((count, number))
        first, highest = kept[0]
        if first <= count - self.period:
            kept.popleft()
            highest = kept[0][1]
        self._count = count + 1
        return highest

    @property
    def is_full(self) -> bool:
        """Whether there have been `period` numbers."""
        return self._count >= self.period

    def save(self) -> list[Any]:
        """Return how many there have been, and those that are kept."""
        return [self._count, [[*each] for each in self._kept]]

    def load(self, state: list[Any]) -> None:
        """Take on the state that `save` returned."""
        self._count, kept = state
        self._kept = deque((place, number) for place, number in kept)


class DonchianSeries:
    """The channel of one instrument."""

    __slots__ = ("_highs", "_lows")

    def __init__(self, period: int) -> None:
        self._highs, self._lows = Highest(period), Highest(period)

    def add(self, bar: Bar) -> DonchianValue | None:
        """Take a bar in; return the channel once there are enough."""
        high, low, _ = bar
        upper, lower = self._highs.push(high), -self._lows.push(-low)
        return DonchianValue(lower, (lower + upper) / 2, upper) if self._highs.is_full else None

    def save(self) -> list[Any]:
        """Return the highs, and the lows with the other sign."""
        return [self._highs.save(), self._lows.save()]

    def load(self, state: list[Any]) -> None:
        """Take on the state that `save` returned."""
        highs, lows = state
        self._highs.load(highs)
        self._lows.load(lows)


class StochasticSeries:
    """%K and %D of one instrument."""

    __slots__ = ("_channel", "_k", "_raw")

    def __init__(self, period: int, slowing: int, signal: int) -> None:
        self._channel = DonchianSeries(period)
        self._raw, self._k = WindowSum(slowing), WindowSum(signal)

    def add(self, bar: Bar) -> StochasticValue | None:
        """Take a bar in; return the values once there are enough."""
        channel = self._channel.add(bar)
        if channel is None or channel.upper == channel.lower:
            return None
        self._raw.push(100 * ((bar[2] - channel.lower) / (channel.upper - channel.lower)))
        if not self._raw.is_full:
            return None
        k = self._raw.mean
        self._k.push(k)
        return StochasticValue(k, self._k.mean) if self._k.is_full else None

    def save(self) -> list[Any]:
        """Return the channel, the numbers that %K is the mean of, and those of %D."""
        return [self._channel.save(), self._raw.save(), self._k.save()]

    def load(self, state: list[Any]) -> None:
        """Take on the state that `save` returned."""
        channel, raw, k = state
        self._channel.load(channel)
        self._raw.load(raw)
        self._k.load(k)

"""The moving average convergence divergence."""

from __future__ import annotations

from typing import Any, NamedTuple

from indicators.ema import Smoothed
from indicators.errors import SettingError
from indicators.indicator import Indicator
from indicators.settings import Setting


class MacdValue(NamedTuple):
    """The difference of the averages, its average, and how far the first is above the second."""

    macd: float
    signal: float
    histogram: float


class Macd(Indicator[MacdValue]):
    """An exponential average over `fast` minus one over `slow`, and its own one over `signal`.

    The fast one begins with the last `fast` of the first `slow` prices. In units of the price.
    Warm-up: `slow` + `signal` - 1 quotes. Source: TA-Lib, MACD; G. Appel, Technical Analysis
    (2005).
    """

    KIND = "macd"
    SETTINGS = (Setting("fast", 12), Setting("slow", 26, minimum=2), Setting("signal", 9))
    FIELDS = MacdValue._fields

    def __init__(self, fast: int, slow: int, signal: int) -> None:
        super().__init__(fast, slow, signal)
        if fast >= slow:
            raise SettingError(f"fast of macd is {fast}, slow {slow}: fast has to be less")
        self.fast, self.slow, self.signal = int(fast), int(slow), int(signal)
        self.warm_up = self.slow + self.signal - 1

    def _new(self) -> MacdSeries:
        return MacdSeries(self.fast, self.slow, self.signal)


class MacdSeries:
    """The three values of one instrument."""

    __slots__ = ("_ahead", "_fast", "_signal", "_slow")

    def __init__(self, fast: int, slow: int, signal: int) -> None:
        self._ahead = slow - fast
        """Prices until the fast average begins."""
        self._fast = Smoothed(fast, 2 / (fast + 1))
        self._slow = Smoothed(slow, 2 / (slow + 1))
        self._signal = Smoothed(signal, 2 / (signal + 1))

    def add(self, price: float) -> MacdValue | None:
        """Take a price in; return the values once there are enough."""
        slow = self._slow.add(price)
        if self._ahead:
            self._ahead -= 1
            return None
        fast = self._fast.add(price)
        if slow is None or fast is None:
            return None
        macd = fast - slow
        signal = self._signal.add(macd)
        return None if signal is None else MacdValue(macd, signal, macd - signal)

    def save(self) -> list[Any]:
        """Return the prices until the fast average begins, and the three averages."""
        return [self._ahead, self._fast.save(), self._slow.save(), self._signal.save()]

    def load(self, state: list[Any]) -> None:
        """Take on the state that `save` returned."""
        self._ahead, fast, slow, signal = state
        self._fast.load(fast)
        self._slow.load(slow)
        self._signal.load(signal)

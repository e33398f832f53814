"""`sma_cross`: follows a trend. An example; it promises nothing, least of all profit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from algo_service.parameters import SEED
from portfolio import Parameter, ParameterError, Portfolio, sized

FAST = Parameter("fast", 10, "Quotes in the fast mean.", minimum=1, maximum=10_000, whole=True)
SLOW = Parameter("slow", 30, "Quotes in the slow mean.", minimum=2, maximum=10_000, whole=True)


class _Means:
    """The means of one instrument's last `fast` and last `slow` quotes, kept in a ring."""

    __slots__ = ("at", "difference", "fast", "fast_sum", "most", "near", "ring", "slow", "slow_sum")

    def __init__(self, fast: int, ring: list[float], at: int = 0, difference: float | None = None):
        self.fast, self.slow, self.ring, self.at = fast, len(ring), ring, at
        now = self.sum_up()
        self.difference = now if difference is None else difference

    def sum_up(self) -> float:
        """Make the sums anew, without rounding errors; return the difference of the means."""
        turned = self.ring[self.at :] + self.ring[: self.at]
        self.slow_sum, self.fast_sum = math.fsum(turned), math.fsum(turned[-self.fast :])
        self.most = 2 * self.slow_sum
        # what sums up to that err by until the next turn: 2 roundings a quote, each of half a bit
        self.near = 1e-9 + self.most * self.slow * 1e-15
        return round(self.fast_sum / self.fast - self.slow_sum / self.slow, 9)

    def add(self, quote: float) -> float:
        """Take a quote in; return the difference, rounded to 9 decimals where that matters."""
        ring, at = self.ring, self.at
        slow_sum = self.slow_sum = self.slow_sum + quote - ring[at]
        fast_sum = self.fast_sum = self.fast_sum + quote - ring[at - self.fast]
        ring[at] = quote
        self.at = at = at + 1
        if at == self.slow or slow_sum > self.most:
            self.at = at % self.slow
            return self.sum_up()
        difference = fast_sum / self.fast - slow_sum / self.slow
        # only the sign matters, and rounding changes it near zero alone
        return self.sum_up() if -self.near < difference < self.near else difference


class SmaCross:
    """Buys when the mean of the last `fast` quotes rises above that of the last `slow` ones.

    Sells all when it falls below. The difference of the means is rounded to 9 decimals; it has to
    be below zero at one quote of the instrument and above at the next, or the reverse. Source: the
    variable length moving average of W. Brock, J. Lakonishok and B. LeBaron, Simple Technical
    Trading Rules and the Stochastic Properties of Stock Returns, Journal of Finance 47 (1992).
    """

    PARAMETERS = (FAST, SLOW, *sized("all_in"), SEED)

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        """Read the parameters and make the portfolio."""
        self.fast, self.slow = FAST.read(params), SLOW.read(params)
        if self.fast >= self.slow:
            raise ParameterError(f"fast is {self.fast}, slow {self.slow}: fast has to be less")
        self.portfolio = Portfolio.from_params(params)
        self._first: dict[str, list[float]] = {}
        self._means: dict[str, _Means] = {}
        return ["quotes"]

    def save(self) -> dict[str, Any]:
        """Return each instrument's ring and last difference, or its first quotes."""
        means = {sid: (each.ring, each.at, each.difference) for sid, each in self._means.items()}
        return {"first": self._first, "means": means}

    def load(self, data: Mapping[str, Any]) -> None:
        """Take on the state that `save` returned."""
        self._first = {sid: list(quotes) for sid, quotes in data["first"].items()}
        self._means = {
            sid: _Means(self.fast, list(ring), at, difference)
            for sid, (ring, at, difference) in data["means"].items()
        }

    def event(self, data: dict[str, Any]) -> None:
        """Compare the means, and buy or sell where they cross."""
        sid = data["sid"]
        means = self._means.get(sid)
        if means is None:
            first = self._first.setdefault(sid, [])
            first.append(data["quote"])
            if len(first) == self.slow:
                self._means[sid] = _Means(self.fast, self._first.pop(sid))
            return
        before = means.difference
        now = means.difference = means.add(data["quote"])
        if before * now < 0:  # strict on both sides
            (self.portfolio.optimize if now > 0 else self.portfolio.sell)(data)

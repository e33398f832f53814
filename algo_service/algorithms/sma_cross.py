"""`sma_cross`: follows a trend. An example; it promises nothing, least of all profit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from algo_service.algorithms.means import Means
from algo_service.parameters import SEED
from portfolio import Parameter, ParameterError, Portfolio, Quote, sized

FAST = Parameter("fast", 10, "Quotes in the fast mean.", minimum=1, maximum=10_000, whole=True)
SLOW = Parameter("slow", 30, "Quotes in the slow mean.", minimum=2, maximum=10_000, whole=True)


class SmaCross:
    """Buys when the mean of the last `fast` quotes rises above that of the last `slow` ones.

    Sells all when it falls below. Their difference, but for rounding, has to be below zero at one
    quote of the instrument and above at the next, or the reverse. Source: the variable length
    moving average of W. Brock, J. Lakonishok and B. LeBaron, Simple Technical Trading Rules and the
    Stochastic Properties of Stock Returns, Journal of Finance 47 (1992).
    """

    PARAMETERS = (FAST, SLOW, *sized("all_in"), SEED)

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        """Read the parameters and make the portfolio."""
        self.fast, self.slow = FAST.read(params), SLOW.read(params)
        if self.fast >= self.slow:
            raise ParameterError(f"fast is {self.fast}, slow {self.slow}: fast has to be less")
        self.portfolio = Portfolio.from_params(params)
        self._first: dict[str, list[float]] = {}
        self._means: dict[str, Means] = {}
        return ["quotes"]

    def save(self) -> dict[str, Any]:
        """Return each instrument's ring and last difference, or its first quotes."""
        means = {sid: (each.ring, each.at, each.difference) for sid, each in self._means.items()}
        return {"first": self._first, "means": means}

    def load(self, data: Mapping[str, Any]) -> None:
        """Take on the state that `save` returned."""
        self._first = {sid: list(quotes) for sid, quotes in data["first"].items()}
        self._means = {
            sid: Means(self.fast, list(ring), at, difference)
            for sid, (ring, at, difference) in data["means"].items()
        }

    def event(self, data: Quote) -> None:
        """Compare the means, and buy or sell where they cross."""
        sid = data["sid"]
        means = self._means.get(sid)
        if means is None:
            first = self._first.setdefault(sid, [])
            first.append(data["quote"])
            if len(first) == self.slow:
                self._means[sid] = Means(self.fast, self._first.pop(sid))
            return
        before = means.difference
        now = means.difference = means.add(data["quote"])
        if before < 0 < now:
            self.portfolio.optimize(data)
        elif now < 0 < before:
            self.portfolio.sell(data)

"""`sma_cross`: follows a trend. An example; it promises nothing, least of all profit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from algo_service.parameters import SEED
from indicators import Crossing
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
        self._crossings = Crossing(self.fast, self.slow)
        return ["quotes"]

    def save(self) -> dict[str, Any]:
        """Return the prices and means of each instrument."""
        return {"crossings": self._crossings.save()}

    def load(self, data: Mapping[str, Any]) -> None:
        """Take on the state that `save` returned, or that of an earlier version."""
        if "crossings" in data:
            self._crossings.load(data["crossings"])
            return
        filling = {sid: [quotes, 0, None] for sid, quotes in data["first"].items()}
        self._crossings.load({**data["means"], **filling})

    def event(self, data: Quote) -> None:
        """Compare the means, and buy or sell where they cross."""
        crossing = self._crossings.update(data)
        if not crossing:
            return
        if crossing > 0:
            self.portfolio.optimize(data)
        else:
            self.portfolio.sell(data)

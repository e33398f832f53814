"""`momentum`: buys what has risen. An example; it promises nothing, least of all profit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from algo_service.parameters import SEED
from indicators import Rocr
from portfolio import Parameter, Portfolio, Quote, sized

LOOKBACK = Parameter(
    "lookback",
    20,
    "Quotes back that the return is measured.",
    minimum=1,
    maximum=10_000,
    whole=True,
)
THRESHOLD = Parameter("threshold", 0, "Hold while the return is above it.", minimum=-1, maximum=1e3)


class Momentum:
    """Holds an instrument while its return over the last `lookback` quotes is above `threshold`.

    Source: T. J. Moskowitz, Y. H. Ooi and L. H. Pedersen, Time Series Momentum, Journal of
    Financial Economics 104 (2012); long only, and without their scaling by volatility.
    """

    PARAMETERS = (LOOKBACK, THRESHOLD, *sized("all_in"), SEED)

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        """Read the parameters and make the portfolio."""
        self.lookback, self.threshold = LOOKBACK.read(params), THRESHOLD.read(params)
        self.portfolio = Portfolio.from_params(params)
        self._multiples = Rocr(self.lookback)
        return ["quotes"]

    def save(self) -> dict[str, Any]:
        """Return the last quotes of each instrument."""
        return self._multiples.save()

    def load(self, data: Mapping[str, Any]) -> None:
        """Take on the state that `save` returned."""
        self._multiples.load(data)

    def event(self, data: Quote) -> None:
        """Measure the return, and buy or sell by it."""
        multiple = self._multiples.update(data)
        if multiple is None:
            return
        # rounded, so that 110 after 100 is 10 %, and not a bit more
        rises, sid = round(multiple - 1, 9) > self.threshold, data["sid"]
        if not self.portfolio.value(sid):
            if rises:
                self.portfolio.optimize(data)
        elif not rises:
            self.portfolio.sell(data)

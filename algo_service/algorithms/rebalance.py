"""`rebalance`: keeps equal weights. An example; it promises nothing, least of all profit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from algo_service.parameters import SEED
from portfolio import UNSIZED, Parameter, Portfolio, Quote

EVERY = Parameter(
    "every", 20, "Quotes of an instrument between two orders.", minimum=1, maximum=1e9, whole=True
)


class Rebalance:
    """Brings each instrument to an equal share of the equity at every `every`-th of its quotes.

    The share is that among the instruments quoted so far, which after `every` quotes of the first
    are all of them. An order is only placed at its own instrument's quote; a buy that comes before
    the sale which would pay for it is cut to the cash, and made up for at the next turn. Source:
    the constant mix of A. F. Perold and W. F. Sharpe, Dynamic Strategies for Asset Allocation,
    Financial Analysts Journal 44 (1988), with the weights of DeMiguel, Garlappi and Uppal (2009).
    """

    PARAMETERS = (EVERY, *UNSIZED, SEED)

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        """Read the parameter and make the portfolio."""
        self.every = EVERY.read(params)
        self.portfolio = Portfolio.from_params(params)
        self._counts: dict[str, int] = {}
        return ["quotes"]

    def save(self) -> dict[str, Any]:
        """Return how many quotes of each instrument have come since its last turn."""
        return self._counts

    def load(self, data: Mapping[str, Any]) -> None:
        """Take on the state that `save` returned."""
        self._counts = dict(data)

    def event(self, data: Quote) -> None:
        """Count, and at the instrument's turn place the order that its share asks for."""
        sid = data["sid"]
        count = self._counts.get(sid, 0) + 1
        self._counts[sid] = count % self.every
        if count == self.every:
            share = self.portfolio.equity / len(self._counts)
            self.portfolio.order_target_value(data, share)

"""`buy_and_hold`: buys once and waits. An example; it promises nothing, least of all profit."""

from collections.abc import Mapping
from typing import Any

from algo_service.parameters import SEED
from portfolio import Portfolio, sized


class BuyAndHold:
    """Buys each instrument at the first quote that the cash pays, and never sells.

    What every other rule is measured against: B. G. Malkiel, A Random Walk Down Wall Street (1973).
    For several instruments give `sizing=equal_weight` and `instruments`, or the first takes all.
    """

    PARAMETERS = (*sized("all_in"), SEED)

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        """Make the portfolio."""
        self.portfolio = Portfolio.from_params(params)
        return ["quotes"]

    def save(self) -> dict[str, Any]:
        """Return nothing: the positions, which are kept anyway, tell what was bought."""
        return {}

    def load(self, data: Mapping[str, Any]) -> None:
        """Take on nothing."""

    def event(self, data: dict[str, Any]) -> None:
        """Buy what is neither held nor ordered."""
        if not self.portfolio.value(data["sid"]):
            self.portfolio.optimize(data)

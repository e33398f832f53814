"""`mean_reversion`: bets on a return. An example; it promises nothing, least of all profit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from algo_service.parameters import SEED
from indicators import ZScore
from portfolio import Parameter, Portfolio, Quote, sized

WINDOW = Parameter(
    "window", 20, "Quotes in mean and deviation.", minimum=2, maximum=10_000, whole=True
)
ENTRY = Parameter("entry", 2, "Buy below minus this number of deviations.", minimum=0, maximum=100)
EXIT = Parameter(
    "exit", 0, "Sell above minus this number of deviations.", minimum=-100, maximum=100
)


class MeanReversion:
    """Buys an instrument when its z-score is below -`entry`, and sells all above -`exit`.

    The z-score is the quote's distance from the mean of the last `window` quotes, itself included,
    in their standard deviations (of the population), to 9 decimals. Where that deviation is 0 there
    is none.
    Source: J. Bollinger, Bollinger on Bollinger Bands (2001), whose lower band is `entry` 2.
    """

    PARAMETERS = (WINDOW, ENTRY, EXIT, *sized("all_in"), SEED)

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        """Read the parameters and make the portfolio."""
        self.window, self.entry = WINDOW.read(params), ENTRY.read(params)
        self.exit = EXIT.read(params)
        self.portfolio = Portfolio.from_params(params)
        self._scores = ZScore(self.window)
        return ["quotes"]

    def save(self) -> dict[str, Any]:
        """Return the last quotes of each instrument."""
        return self._scores.save()

    def load(self, data: Mapping[str, Any]) -> None:
        """Take on the state that `save` returned."""
        self._scores.load(data)

    def event(self, data: Quote) -> None:
        """Buy far below the mean; sell back at it."""
        score = self._scores.update(data)
        if score is None:
            return
        # to 9 decimals: a score of 2 is 2 in whatever currency, and not a bit more
        score, sid = round(score, 9), data["sid"]
        if not self.portfolio.value(sid):
            if score < -self.entry:
                self.portfolio.optimize(data)
        elif score > -self.exit:
            self.portfolio.sell(data)

"""`mean_reversion`: bets on a return. An example; it promises nothing, least of all profit."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from typing import Any

from algo_service.parameters import SEED
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
        self._quotes: dict[str, deque[float]] = {}
        return ["quotes"]

    def save(self) -> dict[str, Any]:
        """Return the last quotes of each instrument."""
        return {sid: list(quotes) for sid, quotes in self._quotes.items()}

    def load(self, data: Mapping[str, Any]) -> None:
        """Take on the state that `save` returned."""
        self._quotes = {sid: deque(quotes, self.window) for sid, quotes in data.items()}

    def event(self, data: Quote) -> None:
        """Buy far below the mean; sell back at it."""
        sid = data["sid"]
        quotes = self._quotes.setdefault(sid, deque(maxlen=self.window))
        quotes.append(data["quote"])
        if len(quotes) < self.window or min(quotes) == max(quotes):
            return
        mean = math.fsum(quotes) / self.window
        # in a power of two near the mean: it rounds nothing, and no square of a distance vanishes
        unit = math.ldexp(1.0, math.frexp(mean)[1])
        squares = [((quote - mean) / unit) ** 2 for quote in quotes]
        deviation = math.sqrt(math.fsum(squares) / self.window)
        # to 9 decimals: a score of 2 is 2 in whatever currency, and not a bit more
        score = round((data["quote"] - mean) / unit / deviation, 9)
        if not self.portfolio.value(sid):
            if score < -self.entry:
                self.portfolio.optimize(data)
        elif score > -self.exit:
            self.portfolio.sell(data)

"""`random`: bets at random. The first example; it promises nothing, least of all profit."""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping
from typing import Any

from algo_service.parameters import SEED
from portfolio import PARAMETERS, Parameter, Portfolio, Quote
from portfolio.text import cash

log = logging.getLogger(__name__)

THRESHOLD = Parameter(
    "threshold", 0.5, "Buy when the number drawn exceeds it.", minimum=0, maximum=1
)
EXIT = Parameter(
    "exit", 0, "Sell the whole position when the number drawn is below it.", minimum=0, maximum=1
)


class RandomAlgo:
    """Draws a number from [0, 1) for each quote and buys, sells or does nothing by it.

    The rule of the article that Tickwire grew out of, with an exit. It buys a random fraction of
    the cash that is left, unless another sizing is asked for. Without an `exit` it never sells, so
    that its bets soon spend the cash.
    """

    PARAMETERS = (THRESHOLD, EXIT, *PARAMETERS, SEED)

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        """Read the parameters and make the portfolio."""
        self.threshold = THRESHOLD.read(params)
        self.exit = EXIT.read(params)
        self.random = random.Random(SEED.read(params))
        self.portfolio = Portfolio.from_params(params, self.random)
        return ["quotes"]

    def save(self) -> dict[str, Any]:
        """Return the state of the random generator; that of the portfolio is kept anyway."""
        return {"random": self.random.getstate()}

    def load(self, data: Mapping[str, Any]) -> None:
        """Take on the state that `save` returned."""
        self.random.setstate(data["random"])

    def event(self, data: Quote) -> None:
        """Draw once; buy above the threshold, sell below the exit."""
        number = self.random.random()
        sid = data["sid"]
        if number > self.threshold:
            amount = self.portfolio.optimize(data)
            if amount:
                log.debug("buying %s of %s", cash(amount), sid)
            else:
                log.debug("%.2f is above %g, but the bet came to nothing", number, self.threshold)
        elif number < self.exit:
            quantity = self.portfolio.sell(data)
            if quantity:
                log.debug("selling %s of %s", cash(quantity * float(data["quote"])), sid)
            else:
                log.debug("%.2f is below %g, but no %s was sold", number, self.exit, sid)
        else:
            log.debug("%.2f is not above %g: no order", number, self.threshold)

"""`published_cross`: trades on published means. It promises nothing, least of all profit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from algo_service.algorithms.sma_cross import FAST, SLOW
from algo_service.parameters import SEED
from indicators import Sma
from indicators.crossing import TOLERANCE
from portfolio import ParameterError, Portfolio, sized

MAX_HALVES = 100
"""Of an instrument: means of quotes whose other mean has not come."""


class PublishedCross:
    """Buys at the quote after one at which the published fast mean has risen above the slow one.

    Sells all likewise. It computes nothing itself: the means come on `indicators/sma-<fast>/+` and
    `indicators/sma-<slow>/+`, as `market-data indicators --indicator sma:10 --indicator sma:30`
    publishes them. Both are of one quote, in either order, before anything is decided. An order is
    placed at a quote of its instrument alone: the first one that comes once the means are there.
    That is the next one unless the means are late. Then the orders are those of `sma_cross`, each
    of them one quote of its instrument later.
    """

    PARAMETERS = (FAST, SLOW, *sized("all_in"), SEED)
    SAVED = ("halves", "differences", "signals")

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        """Read the parameters and make the portfolio."""
        fast, slow = FAST.read(params), SLOW.read(params)
        if fast >= slow:
            raise ParameterError(f"fast is {fast}, slow {slow}: fast has to be less")
        self.portfolio = Portfolio.from_params(params)
        self.fast, self.slow = (f"indicators/{Sma(period).name}/" for period in (fast, slow))
        # of each instrument: means by their quote, the last difference, what to do next
        self.halves: dict[str, dict[str, float]] = {}
        self.differences: dict[str, float] = {}
        self.signals: dict[str, str] = {}
        return ["quotes", f"{self.fast}+", f"{self.slow}+"]

    def event(self, data: Any) -> None:
        """Pair the means of a quote; trade at the next one."""
        sid = data["sid"]
        if data["channel"].startswith("indicators/"):
            self._pair(sid, data)
            return
        signal = self.signals.pop(sid, None)
        if signal == "buy":
            self.portfolio.optimize(data)
        elif signal == "sell":
            self.portfolio.sell(data)

    def _pair(self, sid: str, data: Any) -> None:
        halves = self.halves.setdefault(sid, {})
        quote, mean = "\n".join(data["of"]), data["values"]["sma"]
        other = halves.get(quote)
        if other is None:
            halves[quote] = mean
            if len(halves) > MAX_HALVES:
                del halves[next(iter(halves))]
            return
        # each mean comes in the order of the quotes: those of quotes before will have no other
        for each in list(halves):
            del halves[each]
            if each == quote:
                break
        is_fast = data["channel"].startswith(self.fast)
        fast, slow = (mean, other) if is_fast else (other, mean)
        now = fast - slow if abs(fast - slow) > TOLERANCE * slow else 0.0
        before = self.differences.get(sid, 0.0)
        self.differences[sid] = now
        if before < 0 < now:
            self.signals[sid] = "buy"
        elif now < 0 < before:
            self.signals[sid] = "sell"

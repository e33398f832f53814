"""Where one simple moving average crosses another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

from indicators.errors import SettingError
from indicators.indicator import MAX_NUMBER, Indicator
from indicators.settings import Setting

TOLERANCE = 1e-12
"""Of the slow mean: a difference of the means up to it is rounding, and taken for zero."""


class Crossing(Indicator[float]):
    """1 where the mean of the last `fast` prices rises above that of the last `slow`, else 0 or -1.

    -1 where it falls below. Their difference, but for rounding, has to be below zero at one quote
    of the instrument and above at the next, or the reverse. A number without a unit. Warm-up:
    `slow` + 1 quotes. Source: the variable length moving average of W. Brock, J. Lakonishok and B.
    LeBaron, Simple Technical Trading Rules and the Stochastic Properties of Stock Returns, Journal
    of Finance 47 (1992), without a band.
    """

    KIND = "crossing"
    SETTINGS = (Setting("fast", 10), Setting("slow", 30, minimum=2))
    FIELDS = ("crossing",)

    def __init__(self, fast: int, slow: int) -> None:
        super().__init__(fast, slow)
        if fast >= slow:
            raise SettingError(f"fast of crossing is {fast}, slow {slow}: fast has to be less")
        self.fast, self.slow = int(fast), int(slow)
        self.warm_up = self.slow + 1
        self._means = cast("dict[str, Means]", self._series)

    def _new(self) -> Means:
        return Means(self.fast, self.slow)

    def update(self, quote: Mapping[str, Any]) -> float | None:
        """Take a price in, and return the crossing of its instrument; None while warming up.

        The addition is done here, without another call: `sma_cross` waits for little else.

        :raises QuoteFieldError: if the quote lacks a price; nothing has changed then.
        """
        try:
            price, sid = quote["quote"], quote["sid"]
        except KeyError as error:
            raise self._lack(quote, error.args[0]) from None
        if type(price) is not float or not -MAX_NUMBER <= price <= MAX_NUMBER:
            price = self._number(quote, "quote")
        try:
            means = self._means[sid]
        except KeyError:
            means = self._means[sid] = self._new()
        before, at = means.difference, means.at
        if before is None:
            means.add(price)
            return None
        ring = means.ring
        slow_sum = means.slow_sum = means.slow_sum + price - ring[at]
        fast_sum = means.fast_sum = means.fast_sum + price - ring[at - self.fast]
        ring[at] = price
        means.at = at = at + 1
        now = fast_sum / self.fast - slow_sum / self.slow
        # near zero alone the rounding errors of the sums matter
        if at == self.slow or slow_sum > means.most or -means.near < now < means.near:
            means.at = at % self.slow
            now = means.sum_up()
        means.difference = now
        if before < 0 < now:
            return 1.0
        return -1.0 if now < 0 < before else 0.0


class Means:
    """The difference of two means of one instrument's last prices, which are kept in one ring.

    Sums of floats, not of whole numbers as in `indicators.window`: for the sign alone they take
    half the time. They are summed up anew at each turn of the ring, and where they may err.
    """

    __slots__ = (
        "_fast",
        "_slow",
        "at",
        "difference",
        "fast_sum",
        "most",
        "near",
        "ring",
        "slow_sum",
    )

    def __init__(self, fast: int, slow: int) -> None:
        self._fast, self._slow = fast, slow
        self.ring: list[float] = []
        self.at = 0
        """Where the oldest price is, once the ring is full."""
        self.difference: float | None = None
        """The fast mean minus the slow one; None up to the first `slow` prices."""
        self.fast_sum = self.slow_sum = 0.0
        self._set_most(0.0)

    def add(self, price: float) -> None:
        """Take one of the first `slow` prices in."""
        self.ring.append(price)
        if len(self.ring) == self._slow:
            self.difference = self.sum_up()

    def sum_up(self) -> float:
        """Sum up anew, without rounding errors; return the difference of the means, or 0."""
        turned = self.ring[self.at :] + self.ring[: self.at]
        self.slow_sum, self.fast_sum = math.fsum(turned), math.fsum(turned[-self._fast :])
        self._set_most(2 * self.slow_sum)
        slow = self.slow_sum / self._slow
        difference = self.fast_sum / self._fast - slow
        return difference if abs(difference) > TOLERANCE * slow else 0.0

    def _set_most(self, most: float) -> None:
        self.most = most
        """The slow sum beyond which `near` does not hold."""
        # what sums up to that err by until the next turn: 2 roundings a price, each of half a bit
        self.near = most * (TOLERANCE / self._slow + self._slow * 1e-15)

    def save(self) -> list[Any]:
        """Return the prices, where the oldest one is, the difference, and the sums."""
        sums = (self.fast_sum, self.slow_sum, self.most)
        return [list(self.ring), self.at, self.difference, *sums]

    def load(self, state: list[Any]) -> None:
        """Take on the state that `save` returned; the sums may be left out."""
        ring, self.at, self.difference, *sums = state
        self.ring = list(ring)
        if sums:
            self.fast_sum, self.slow_sum, most = sums
            self._set_most(most)
        elif self.difference is not None:
            self.sum_up()

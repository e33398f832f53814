"""Two moving means of one instrument, and whether one is above the other."""

from __future__ import annotations

import math

TOLERANCE = 1e-12
"""Of the slow mean: a difference of the means up to it is rounding, and taken for zero."""


class Means:
    """The means of one instrument's last `fast` and last `slow` quotes, kept in a ring."""

    __slots__ = ("at", "difference", "fast", "fast_sum", "most", "near", "ring", "slow", "slow_sum")

    def __init__(self, fast: int, ring: list[float], at: int = 0, difference: float | None = None):
        self.fast, self.slow, self.ring, self.at = fast, len(ring), ring, at
        now = self.sum_up()
        self.difference = now if difference is None else difference

    def sum_up(self) -> float:
        """Sum up again, without rounding errors; return the difference of the means, or 0."""
        turned = self.ring[self.at :] + self.ring[: self.at]
        self.slow_sum, self.fast_sum = math.fsum(turned), math.fsum(turned[-self.fast :])
        self.most = 2 * self.slow_sum
        # what sums up to that err by until the next turn: 2 roundings a quote, each of half a bit
        self.near = self.most * (TOLERANCE / self.slow + self.slow * 1e-15)
        slow = self.slow_sum / self.slow
        difference = self.fast_sum / self.fast - slow
        return difference if abs(difference) > TOLERANCE * slow else 0.0

    def add(self, quote: float) -> float:
        """Take a quote in; return the difference of the means, or 0 where it is rounding."""
        ring, at = self.ring, self.at
        slow_sum = self.slow_sum = self.slow_sum + quote - ring[at]
        fast_sum = self.fast_sum = self.fast_sum + quote - ring[at - self.fast]
        ring[at] = quote
        self.at = at = at + 1
        if at == self.slow or slow_sum > self.most:
            self.at = at % self.slow
            return self.sum_up()
        difference = fast_sum / self.fast - slow_sum / self.slow
        # only the sign matters, and that is in doubt near zero alone
        return self.sum_up() if -self.near < difference < self.near else difference

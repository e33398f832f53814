"""The rules that orders have to keep to: limits, a person's halt, and the smallest buy."""

from __future__ import annotations

from collections.abc import Iterable

from portfolio.risk.halt import Halt
from portfolio.risk.limits import Limit, Limits

_SMALLEST_BUYS = 1e6
"""The starting cash pays for this number of the smallest buys, by default."""

_MIN_AMOUNT = 1e-200
"""The lowest default of the smallest buy, in cash: a float below it has no digits left to share
between price and quantity."""


def default_minimum(cash: float) -> float:
    """Return the smallest buy of a portfolio that starts with `cash`."""
    return max(cash / _SMALLEST_BUYS, _MIN_AMOUNT)


class Rules:
    """What stops, cuts and refuses orders.

    A person's halt and a limit's stop are two things, and each leaves the other in force.

    :param minimum_amount: the smallest buy, in cash.
    """

    def __init__(self, limits: Iterable[Limit], minimum_amount: float):
        self.limits = Limits(limits)
        self.has_limits = bool(self.limits)
        self.minimum_amount = minimum_amount
        self.halt: Halt | None = None

    @property
    def stop(self) -> str | None:
        """Why all buying is stopped: a person's halt, a limit's stop, or both; None if neither."""
        if self.halt is None:
            return self.limits.halt
        stop = self.limits.halt
        return f"{self.halt.text}; {stop}" if stop else self.halt.text

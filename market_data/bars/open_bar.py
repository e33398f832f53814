"""The bar of one instrument that is not complete yet."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from portfolio.execution.prices import bar_open

MAX_VOLUME = 1e200
"""Of one quote: so that no sum of them is infinite."""


class Prices(NamedTuple):
    """What a quote adds to a bar."""

    open: float
    high: float
    low: float
    close: float


def prices_of(quote: Mapping[str, Any]) -> Prices | None:
    """Return the prices of a quote that is a bar itself; None if it is not one.

    A bar has `open`, `high` and `low`, which hold its price between them, as for the paper venue.
    """
    opened = bar_open(quote)
    if opened is None:
        return None
    return Prices(opened, float(quote["high"]), float(quote["low"]), float(quote["quote"]))


class OpenBar:
    """Quotes of one interval, in any order: the earliest opens the bar, the latest closes it.

    Of equal times the first one that came opens it, and the last one closes it.
    """

    __slots__ = (
        "_close",
        "_closed_at",
        "_high",
        "_low",
        "_open",
        "_opened_at",
        "_volumes",
        "last",
    )

    def __init__(self, prices: Prices, at: int, key: list[Any] | None) -> None:
        self._open, self._high, self._low, self._close = prices
        self.last = key
        """Channel, id and ts of the quote that closes it; None if that has none."""
        self._opened_at = self._closed_at = at
        self._volumes: list[float] | None = None

    def add(self, prices: Prices, at: int, key: list[Any] | None) -> None:
        """Add the prices of one more quote.

        :param key: its channel, id and ts, if it has them.
        """
        self._high = max(self._high, prices.high)
        self._low = min(self._low, prices.low)
        if at < self._opened_at:
            self._open, self._opened_at = prices.open, at
        if at >= self._closed_at:
            self._close, self._closed_at, self.last = prices.close, at, key

    def add_volume(self, volume: float) -> None:
        """Add units traded.

        The sum is exact, so that it does not depend on the order (J. R. Shewchuk, Adaptive
        Precision Floating-Point Arithmetic, 1997): it is kept as few numbers that do not overlap.
        """
        if self._volumes is None:
            self._volumes = []
        kept = 0
        for part in self._volumes:
            larger, smaller = (volume, part) if abs(volume) >= abs(part) else (part, volume)
            volume = larger + smaller
            if rest := smaller - (volume - larger):
                self._volumes[kept] = rest
                kept += 1
        self._volumes[kept:] = [volume]

    @property
    def prices(self) -> Prices:
        """What the quotes came to."""
        return Prices(self._open, self._high, self._low, self._close)

    @property
    def volume(self) -> float | None:
        """The units traded; None if no quote told."""
        return None if self._volumes is None else math.fsum(self._volumes)

    def save(self) -> list[Any]:
        """Return its state, of plain types."""
        return [*self.prices, self._opened_at, self._closed_at, self._volumes, self.last]

    @classmethod
    def load(cls, state: list[Any]) -> OpenBar:
        """Return the bar of a state."""
        *prices, opened_at, closed_at, volumes = state[:7]
        bar = cls(Prices(*prices), opened_at, *state[7:] or [None])  # older states have no key
        bar._closed_at = closed_at
        bar._volumes = None if volumes is None else list(volumes)
        return bar

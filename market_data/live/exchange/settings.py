"""What is read from an exchange, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from market_data.bars.interval import Interval


class Settings(NamedTuple):
    """What is read from an exchange, and how."""

    exchange: str
    """Its name in ccxt."""
    symbols: Sequence[str]
    """As ccxt writes them, such as BTC/USDT."""
    every: float = 1.0
    """Seconds between two questions to an exchange without streams."""
    config: Mapping[str, Any] = {}
    """What ccxt's constructor is given."""
    is_sandbox: bool = False
    depth: int = 0
    """Bids and asks of the order book beside each trade; 0 for the best ones alone."""
    bars: Interval | None = None
    """Which bars of the exchange are read, in place of its trades."""
    quiet: float = 30.0
    """Seconds without a trade of an instrument after which its history is asked for newer ones; of
    bars their length comes on top."""

    @property
    def name(self) -> str:
        """The first part of ids: of bars another one, since they are other quotes."""
        return f"{self.exchange}-{self.bars.name}" if self.bars else self.exchange

    @property
    def bar_length(self) -> int:
        """Of bars, in ms; 0 where trades are read."""
        return self.bars.length // 10**6 if self.bars else 0

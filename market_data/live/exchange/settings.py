"""What is read from an exchange, and how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


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
    quiet: float = 30.0
    """Seconds without a trade of an instrument after which its history is asked for newer ones."""

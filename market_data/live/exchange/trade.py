"""A trade at an exchange, and a place among the trades of an instrument."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Place(NamedTuple):
    """Behind one trade."""

    id: str
    """The exchange's own."""
    at: int
    """The time of the trade, in ms since 1970, by the clock of the exchange."""


class Trade(NamedTuple):
    """A trade as the exchange has told it."""

    place: Place
    price: float
    """Cash per unit."""
    size: float
    """Units."""
    book: Mapping[str, Any] = {}
    """Of the order book when the trade came by itself: `bid`, `ask`, and with a depth `bids` and
    `asks`, each a list of a price and a size, the best first. Of history it is empty."""


class TradeGap(NamedTuple):
    """Trades that took place and cannot be had."""

    after: Place
    """Behind the last one before them."""
    before: Place
    """Of the first one behind them."""
    missing: int | None
    """How many they are, where their numbers tell."""


class Ask(NamedTuple):
    """What is to be asked of the history: trades from this number, or this time, on."""

    number: int | None
    at: int | None

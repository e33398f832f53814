"""A trade at an exchange, and a place among the trades of an instrument."""

from __future__ import annotations

from typing import NamedTuple


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
    bid: float | None = None
    """The best one when the trade came by itself, if the exchange tells; of history it does not."""
    ask: float | None = None


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

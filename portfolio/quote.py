"""The quote, as an algorithm receives it."""

from __future__ import annotations

from typing import NotRequired, TypedDict


class Quote(TypedDict):
    """The message about an instrument (contracts/README.md, "Quotes").

    A type for checkers alone: a quote is a plain dict, and may hold other fields beside these.
    """

    sid: str
    """The instrument."""
    quote: float
    """The price, above 0, in cash per unit."""
    ts: NotRequired[str | float]
    """The time, verbatim: ISO 8601, or a number since 1970."""
    id: NotRequired[str]
    """Unique in its channel."""
    channel: NotRequired[str]
    """The MQTT topic on which it came."""
    bid: NotRequired[float]
    ask: NotRequired[float]
    open: NotRequired[float]
    high: NotRequired[float]
    low: NotRequired[float]
    close: NotRequired[float]
    volume: NotRequired[float]
    size: NotRequired[float]

"""What a quote says of the order book of its instrument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from market_data.feeds.bounds import MAX_PRICE

MAX_SIZE = 1e15
"""Units of a trade, or of a level: a larger number is a mistake."""


def best(ticker: Mapping[str, Any]) -> dict[str, Any]:
    """Return `bid` and `ask` of a ticker of ccxt, those of them that are prices."""
    found = {side: ticker.get(side) for side in ("bid", "ask")}
    return {side: float(price) for side, price in found.items() if _is_price(price)}


def levels(book: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """Return `bid`, `ask`, `bids` and `asks` of an order book of ccxt.

    :param depth: how many of each, at most.
    """
    found: dict[str, Any] = {}
    for side in ("bid", "ask"):
        found_side = book.get(f"{side}s")
        some = _levels(found_side, depth) if isinstance(found_side, list | tuple) else []
        if some:
            found[side] = some[0][0]
            found[f"{side}s"] = some
    return found


def _levels(side: Sequence[Sequence[Any]], depth: int) -> list[list[float]]:
    some = [level[:2] for level in side[:depth] if isinstance(level, list | tuple)]
    pairs = [level for level in some if len(level) == 2]
    return [[float(p), float(s)] for p, s in pairs if _is_price(p) and _is_size(s)]


def _is_price(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and 0 < value <= MAX_PRICE


def _is_size(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and 0 <= value <= MAX_SIZE

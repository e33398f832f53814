"""The price of an order at a quote: its bid or ask, the open of a bar, or the quote itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from portfolio.accounting.orders import Side
from portfolio.reals import real

MAX_PRICE = 1e9

# JSON's grammar of numbers, and leading zeros: a price may be text
_NUMBER = re.compile(r"\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def side_price(quote: Mapping[str, Any], side: Side) -> float | None:
    """Return the price that a quote offers: its ask to a buy, its bid to a sale.

    A quote that has only the other one of the two offers its `quote`, but nothing better than that
    one: nobody buys below the bid.

    :return: None if `crossed_or_invalid` has a reason.
    """
    last = float(quote["quote"])
    if quote.get("bid") is None and quote.get("ask") is None:
        return last
    try:
        bid, ask = _sides(quote)
    except ValueError:
        return None
    if side == "buy":
        return ask if ask is not None else max(last, bid or 0.0)
    return bid if bid is not None else min(last, ask or last)


def crossed_or_invalid(quote: Mapping[str, Any]) -> str | None:
    """Return why no order executes at a quote's bid and ask; None if one does."""
    try:
        _sides(quote)
    except ValueError as error:
        return f"price: {error}; with price=last orders fill at the quote"
    return None


def bar_open(quote: Mapping[str, Any]) -> float | None:
    """Return the open of a bar; None if the quote is not a bar, or a bar that contradicts itself.

    A bar has open, high and low, with its open and its `quote` between low and high; its close, if
    it has one, is the `quote`. Where a feed mixes adjusted and unadjusted prices, this does not
    hold, and the open cannot be compared with the quote.
    """
    fields = [quote.get(name) for name in ("open", "high", "low", "close")]
    if None in fields[:3]:
        return None
    last = float(quote["quote"])
    try:
        first, high, low = (_price(value, "bar") for value in fields[:3])
        close = last if fields[3] is None else _price(fields[3], "bar")
    except ValueError:
        return None
    return first if low <= first <= high and low <= last <= high and close == last else None


def _sides(quote: Mapping[str, Any]) -> tuple[float | None, float | None]:
    bid, ask = quote.get("bid"), quote.get("ask")
    if bid is not None:
        bid = _price(bid, "bid")
    if ask is not None:
        ask = _price(ask, "ask")
    if bid is not None and ask is not None and bid > ask:
        raise ValueError(f"the bid of {bid:.10g} is above the ask of {ask:.10g}")
    return bid, ask


def _price(value: Any, name: str) -> float:
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        value = float(value)
    try:
        price = real(value, f"the {name}")
    except ValueError:
        price = 0.0
    if not 0 < price <= MAX_PRICE:
        raise ValueError(
            f"the {name} is {value!r:.40}, and a price is a number above 0 and at most 1e9"
        )
    return price

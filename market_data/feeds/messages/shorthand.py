"""The shorthand of the article: a map of instruments and their prices."""

from __future__ import annotations

from collections import Counter
from typing import Any

from market_data.feeds.messages.field_names import LETTERS, is_field_name
from market_data.feeds.messages.limits import QUOTES
from market_data.feeds.messages.names import TIMES
from market_data.feeds.messages.refusal import refusal, show
from market_data.feeds.messages.suggestion import nearest_message
from market_data.feeds.messages.values import (
    SPACE,
    is_time,
    read_id,
    read_price,
    read_sid,
    read_time,
)
from market_data.feeds.quote import Quote, Recorded

_NONE = object()


def read_shorthand(
    message: dict[str, Any], row: int, source: str
) -> tuple[list[int | None], list[Quote]]:
    """Return the times and the quotes, in the order of their names by code point.

    :raises InvalidQuoteError: if it is none.
    """
    prices = dict(message)
    ts, any_id = prices.pop("ts", None), prices.pop("id", _NONE)
    for name in TIMES:
        if prices.get(name) is not None and is_time(prices[name]):
            given = prices.pop(name)
            ts = given if ts is None else ts
    if not prices:
        reason = 'no quote in it: a message is {"sid": "GOOG", "quote": 345} or {"goog": 345}'
        raise refusal("no_quote", reason)
    if len(prices) > QUOTES:
        raise refusal("too_many", f"{len(prices)} quotes in one message, at most {QUOTES}")
    _check_names(prices)
    time = None
    if ts is not None:
        ts, time = read_time(ts)
    own_id = None if any_id is _NONE else read_id(any_id)
    quotes = []
    # names that are one without the white space around are refused before
    for key in sorted(prices, key=lambda key: key.strip(SPACE)):
        sid = read_sid(key)
        price = read_price(prices[key], key)
        recorded = Recorded(own_id and f"{own_id}/{sid}", None, True, {})
        quotes.append(Quote(sid, price, ts, row, source, recorded=recorded))
    return [time] * len(quotes), quotes


def _check_names(prices: dict[str, Any]) -> None:
    names = [key.strip(SPACE) for key in prices]
    letters = [name for name in names if name in LETTERS]
    field = next(filter(is_field_name, names), letters[0] if len(letters) > 1 else None)
    if field is not None:
        raise refusal(
            "field_name",
            f'"{field}" is the name of a field, not of an instrument; a valid message would be'
            f" {nearest_message(prices)}",
        )
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        reason = f"{show(name)} comes twice: white space around a symbol does not count"
        raise refusal("key_twice", reason)

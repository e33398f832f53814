"""Suggests how to read a message that is not a valid quote: for the sentence that refuses it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from market_data.feeds.messages.field_names import LETTERS, is_field_name
from market_data.feeds.messages.names import TIMES
from market_data.feeds.messages.values import is_price, is_time
from portfolio.times import MAX_SAFE

# as exchanges call them, the more telling ones first
_SIDS = ("s", "S", "symbol", "ticker", "sym", "pair", "product_id", "instrument")
_PRICES = ("p", "P", "price", "last", "close", "c", "a", "value")
_TIMES = ("T", "t", "E", "ts", "time", "timestamp", "date", "datetime")
_IDS = ("t", "i", "trade_id", "tradeId")
# of these a bar, or a message without its instrument, has the price
_CLOSES = ("price", "last", "close", "c")
_MAX_SHOWN = 120


def suggest_fields(message: Mapping[str, Any]) -> str:
    """Return the option that would read it; empty if none is known."""
    inner = message.get("data")
    found = _names_in(message, "") or (_names_in(inner, "data.") if isinstance(inner, dict) else "")
    return found and f"--fields {found}"


def _names_in(fields: Mapping[str, Any], path: str) -> str:
    texts = (name for name in _SIDS if isinstance(fields.get(name), str))
    sid = next((name for name in texts if re.search("[^0-9.]", fields[name])), None)
    quote = next((name for name in _PRICES if is_price(fields.get(name))), None)
    if sid is None or quote is None:
        return ""
    ts = next((n for n in _TIMES if fields.get(n) is not None and is_time(fields[n])), None)
    numbers = (name for name in _IDS if name != ts and type(fields.get(name)) is int)
    own_id = next((name for name in numbers if abs(fields[name]) <= MAX_SAFE), None)
    found = [f"sid={path}{sid}", f"quote={path}{quote}"]
    if ts is not None:
        found.append(f"ts={path}{ts}")
    if own_id is not None:
        found.append(f"id={path}{sid}+{path}{own_id}")
    return ",".join(found)


def nearest_message(message: Mapping[str, Any]) -> str:
    """Return the valid message that is nearest to a shorthand with names of fields."""
    # where some letters are those of a bar, the others are of it as well
    is_bar = sum(key in LETTERS for key in message) > 1
    symbols = [
        key
        for key in message
        if not is_field_name(key) and not (is_bar and len(key) == 1) and is_price(message[key])
    ]
    if len(symbols) > 1:
        return _shortened({key: message[key] for key in symbols})
    telling = (key for key in _CLOSES if is_price(message.get(key)))
    any_price = (key for key in message if is_price(message[key]))
    price = symbols[0] if symbols else next(telling, None) or next(any_price, None)
    only = next(iter(message)) if len(message) == 1 else "GOOG"
    sid = symbols[0] if symbols else "GOOG" if only in _CLOSES else only
    plain = {"sid": sid, "quote": 345 if price is None else message[price]}
    if not symbols:
        return _shortened(plain)
    others = {key: value for key, value in message.items() if key not in (sid, *TIMES)}
    full = json.dumps({**plain, **others})
    return full if len(full) <= _MAX_SHOWN else _shortened(plain)


def _shortened(message: Mapping[str, Any]) -> str:
    text = json.dumps(message)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}…"

"""Checks that a quote is valid (contracts/quote.schema.json)."""

import re
from typing import Any

from algo_service.errors import QuoteError
from portfolio import InvalidTimeError
from portfolio.execution.prices import MAX_PRICE
from portfolio.reals import real
from portfolio.times import check, is_plain

MAX_SID_LENGTH = 64
# JSON's grammar of numbers, which a price given as text follows, and leading zeros
_JSON_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)


def accept(quote: Any) -> dict[str, Any]:
    """Return the quote with its price as a float; the map itself is changed.

    :raises QuoteError: naming the field and its value, if it breaks the contract.
    """
    if type(quote) is not dict:
        raise QuoteError(f"a quote is a map, not {type(quote).__name__}")
    try:
        sid, price, quote_id, channel = quote["sid"], quote["quote"], quote["id"], quote["channel"]
    except KeyError as missing:
        raise QuoteError(
            f'"{missing.args[0]}" is missing: a quote has at least sid, quote, id and channel'
        ) from None
    ts = quote.get("ts")
    if ts is not None and not (type(ts) is str and is_plain(ts)):  # here: a call takes longer
        _check_time(ts)
    if (
        type(price) is float
        and 0 < price <= MAX_PRICE
        and type(sid) is type(quote_id) is type(channel) is str
        and quote_id
        and channel
        and 0 < len(sid) <= MAX_SID_LENGTH
    ):
        return quote
    # rarer: the price has to be converted, or the error has to name a field
    if type(sid) is not str or not 0 < len(sid) <= MAX_SID_LENGTH:
        raise QuoteError(
            f'"sid" is {sid!r:.80}: it has to be a text of 1 to {MAX_SID_LENGTH} characters'
        )
    for key, text in (("id", quote_id), ("channel", channel)):
        if type(text) is not str or not text:
            raise QuoteError(f'"{key}" is {text!r:.80}: it has to be a text')
    if type(price) is not float:
        price = quote["quote"] = _number(price)
    if not 0 < price <= MAX_PRICE:
        raise QuoteError(f'"quote" is {price}: a price is finite, above 0 and at most 1e9')
    return quote


def _check_time(ts: Any) -> None:
    try:
        check(ts)
    except InvalidTimeError as error:
        raise QuoteError(str(error)) from None


def _number(price: Any) -> float:
    if type(price) is str and _JSON_NUMBER.fullmatch(price):
        return float(price)
    if type(price) is int:
        # a number beyond the range of floats is beyond the highest price as well
        return float(min(price, 10**10))
    try:  # quotes that are given as maps to a backtest may hold any type of number
        if not isinstance(price, str):
            return real(price, '"quote"')
    except ValueError:
        pass
    raise QuoteError(f'"quote" is {price!r:.80}: a price is a number, or a JSON number as text')

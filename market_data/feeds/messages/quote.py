"""A message becomes quotes: any spelling of contracts/README.md, "Quotes", or of `--fields`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from market_data.feeds.bounds import MAX_PRICE, MAX_SID
from market_data.feeds.invalid_quote import InvalidQuoteError
from market_data.feeds.messages.fields import Fields, mapped, mapping_for
from market_data.feeds.messages.limits import CHANNEL, ID, QUOTES
from market_data.feeds.messages.names import name_of
from market_data.feeds.messages.parse import parse
from market_data.feeds.messages.refusal import refusal
from market_data.feeds.messages.shorthand import read_shorthand
from market_data.feeds.messages.suggestion import suggest_fields
from market_data.feeds.messages.values import (
    plain_numbers,
    read_id,
    read_price,
    read_sid,
    read_time,
)
from market_data.feeds.quote import Quote, Recorded
from portfolio.nearest import nearest

_NONE = object()

# Refusals of what may be a message of another form, for which --fields is the way.
_OF_ANOTHER_FORM = {
    "field_name",
    "sid_missing",
    "quote_missing",
    "sid_type",
    "quote_type",
    "quote_range",
}

Found = tuple[list[int | None], list[Quote]]
"""Quotes with their instants."""


class Rules(NamedTuple):
    """The options of a user for messages."""

    fields: Sequence[Fields] = ()
    symbols: frozenset[str] | None = None
    """The instruments that are taken; all if None."""


def read(line: bytes, row: int, source: str, rules: Rules, channel: str | None = None) -> Found:
    """Read a message in any spelling of the contract.

    :param channel: the topic that it came on; None where the message names it in a field.
    :raises InvalidQuoteError: with the code and the reason, if the message breaks the contract.
    """
    message = parse(line)
    fields, symbols = rules
    if type(message) is dict and not fields and "sid" in message and "quote" in message:
        found = _full(message, row, source)  # as nearly all are
    elif type(message) is list:
        found = _array(message, row, source, rules, channel)
    else:
        found = _map(message, row, source, rules, channel)
    if channel is not None:
        found = found[0], [_on(quote, channel) for quote in found[1]]
    if symbols is not None:
        for quote in found[1]:
            check_symbol(quote.sid, symbols)
    return found


def check_symbol(sid: str, symbols: frozenset[str]) -> None:
    """Refuse an instrument that is not among those that a user takes."""
    if sid not in symbols:
        reason = f'"{sid}" is not among the instruments of --symbols{_near(sid, symbols)}'
        raise refusal("other_symbol", reason)


# a table has many rows of one instrument
@lru_cache(maxsize=1000)
def _near(sid: str, symbols: frozenset[str]) -> str:
    for symbol in symbols:
        if symbol.lower() == sid.lower():
            return f': did you mean "{symbol}"? upper and lower case are not the same'
    near = nearest(sid, symbols)
    return f': did you mean "{near}"?' if near else ""


def _on(quote: Quote, channel: str) -> Quote:
    assert quote.recorded is not None
    return quote._replace(recorded=quote.recorded._replace(channel=channel))


def _array(batch: list[Any], row: int, source: str, rules: Rules, channel: str | None) -> Found:
    if not batch:
        raise refusal("no_quote", "no quote in it: the array is empty")
    if len(batch) > QUOTES:
        raise refusal("too_many", f"{len(batch)} quotes in one message, at most {QUOTES}")
    times: list[int | None] = []
    quotes: list[Quote] = []
    for n, element in enumerate(batch, 1):
        try:
            own_times, own = _map(element, row, source, rules, channel)
            if len(own) > 1:
                reason = f"{len(own)} quotes in it: an element of an array is one quote"
                raise refusal("too_many", reason)
        except InvalidQuoteError as error:
            raise error.within(f"element {n}") from None
        times += own_times
        (quote,) = own
        assert quote.recorded is not None
        quotes.append(quote._replace(recorded=quote.recorded._replace(place=n)))
    return times, quotes


def _map(message: Any, row: int, source: str, rules: Rules, channel: str | None) -> Found:
    if type(message) is not dict:
        reason = f'{_kind(message)}, not a map such as {{"sid": "GOOG", "quote": 345}}'
        raise refusal("not_a_map", reason)
    if rules.fields:
        own = channel or _channel(message.get("channel")) or "quotes"
        mapping = mapping_for(rules.fields, own)
        if mapping is not None:
            return _mapped(message, row, source, mapping)
    if "sid" in message and "quote" in message:
        return _full(message, row, source)
    try:
        if "quote" not in message and name_of("sid", message) is None:
            return read_shorthand(message, row, source)
        return _aliased(message, row, source)
    except InvalidQuoteError as error:
        option = suggest_fields(message) if error.code in _OF_ANOTHER_FORM else ""
        if not option:
            raise
        raise InvalidQuoteError(
            error.problem, f"{error}; {option} reads it", option, error.code
        ) from None


def _full(message: dict[str, Any], row: int, source: str) -> Found:
    pop = message.pop
    sid, price, ts, own_id = pop("sid"), pop("quote"), pop("ts", None), pop("id", _NONE)
    # what needs no more than a look is not read by a call
    if type(sid) is not str or not sid.isalnum() or len(sid) > MAX_SID:
        sid = read_sid(sid)
    if type(price) is not float or not 0 < price <= MAX_PRICE:
        price = read_price(price, "quote")
    if ts is None and message and (name := name_of("ts", message)) is not None:
        ts = message[name]
    time = None
    if ts is not None:
        ts, time = read_time(ts)
    if own_id is _NONE:
        own_id = None
    elif type(own_id) is not str or not 0 < len(own_id) <= ID:
        own_id = read_id(own_id)
    channel = None
    if message:
        if "channel" in message:
            channel = _channel(pop("channel"))
        plain_numbers(message)
    recorded = Recorded(own_id, channel, False, message)
    return [time], [Quote(sid, price, ts, row, source, recorded=recorded)]


def _aliased(message: dict[str, Any], row: int, source: str) -> Found:
    sid, quote = name_of("sid", message), name_of("quote", message)
    if sid is None:
        raise refusal("sid_missing", '"sid" is missing')
    if quote is None:
        raise refusal("quote_missing", '"quote" is missing')
    proper = {"sid": message[sid], "quote": message[quote]}
    return _full({**message, **proper}, row, source)


def _mapped(
    message: dict[str, Any], row: int, source: str, mapping: Mapping[str, Sequence[str]]
) -> Found:
    proper = {}
    for target in ("sid", "quote", "ts", "id"):
        if target in mapping:
            proper[target] = mapped(message, target, mapping[target])
        elif target in ("sid", "quote"):
            name = name_of(target, message)
            if name is None:
                reason = f'"{target}" is missing, and --fields does not name it'
                raise refusal(f"{target}_missing", reason)
            proper[target] = message[name]
    times, (quote,) = _full({**message, **proper}, row, source)
    recorded = quote.recorded
    assert recorded is not None
    if recorded.id is not None and quote.sid not in recorded.id:
        # exchanges count the trades of each instrument
        recorded = recorded._replace(id=read_id(f"{quote.sid}:{recorded.id}"))
        quote = quote._replace(recorded=recorded)
    return times, [quote]


def _channel(channel: Any) -> str | None:
    return channel if type(channel) is str and 0 < len(channel) <= CHANNEL else None


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, bool):
        return "a boolean"
    return "a string" if isinstance(value, str) else "a number"

"""What Alpaca says of a trade, as a quote or as a report."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeGuard

from market_data.feeds.bounds import MAX_PRICE
from market_data.feeds.messages.limits import ID as MAX_ID
from market_data.feeds.quote import Quote, Recorded
from market_data.live.source import Report
from portfolio.errors import InvalidTimeError
from portfolio.times import instant

NAME = "alpaca"

MAX_SIZE = 1e15
"""Of a trade, and of any other number: a larger one is a mistake."""

Element = Mapping[str, Any]
Book = Mapping[str, float]
"""`bid` and `ask`, each where it is known."""

# What the history says of a trade that is not valid any more, or replaces another one.
_UPDATES = {"canceled": "cancelled", "incorrect": "corrected", "corrected": "corrected"}


class InvalidTradeError(ValueError):
    """A trade that cannot be a quote; the text is the reason."""


class Trade(NamedTuple):
    """A trade, and what is published of it: a quote, or a report where it is not valid."""

    id: str
    at: int
    """Nanoseconds since 1970."""
    ts: str
    quote: Quote | None
    report: Report | None = None


def read_trade(element: Element, sid: str, book: Book) -> Trade:
    """Return a trade of the stream or of the history.

    The numbers of trades begin again, on each exchange and each day: the id has all three.

    :param book: the latest bid and ask; those of the history are not known.
    :raises InvalidTradeError: if it cannot be a quote.
    """
    number, price, ts = element.get("i"), element.get("p"), element.get("t")
    venue, size = element.get("x"), element.get("s")
    if not (_is_text(number) or type(number) is int):
        raise InvalidTradeError(f"its id is {number!r:.40}")
    if not _is_text(venue):
        raise InvalidTradeError(f"its exchange is {venue!r:.40}")
    if not _is_number(price) or not 0 < price <= MAX_PRICE:
        raise InvalidTradeError(f"its price is {price!r:.40}")
    try:
        at = instant(ts)
    except InvalidTimeError as error:
        raise InvalidTradeError(f"its time is {ts!r:.40}") from error
    assert isinstance(ts, str | int | float)
    own_id = f"{NAME}:{sid}:{at}:{venue}:{number}"
    if len(own_id) > MAX_ID:
        raise InvalidTradeError(f"its id would have more than {MAX_ID} characters")
    fields: dict[str, Any] = dict(book)
    if _is_number(size) and size > 0:
        fields["size"] = size
    fields["exchange"] = venue
    conditions = element.get("c")
    if isinstance(conditions, list) and conditions and all(map(_is_text, conditions)):
        fields["conditions"] = conditions
    if (update := element.get("u")) in _UPDATES:
        reason = f"the trade {number} of {sid} on {venue} is {update}: it is not published"
        report = Report(_UPDATES[update], reason, _payload(element))  # type: ignore[arg-type]
        return Trade(own_id, at, str(ts), None, report)
    quote = Quote(sid, float(price), ts, 0, NAME, recorded=Recorded(own_id, None, False, fields))
    return Trade(own_id, at, str(ts), quote)


def read_book(element: Element) -> Book:
    """Return the bid and the ask of a quote; a side that is 0 is missing."""
    sides = {"bid": element.get("bp"), "ask": element.get("ap")}
    return {
        name: float(price)
        for name, price in sides.items()
        if _is_number(price) and 0 < price <= MAX_PRICE
    }


def read_correction(element: Element) -> Report:
    """Return the report of a trade that is corrected."""
    get = element.get
    reason = (
        f"the trade {get('oi')} of {get('S')} on {get('x')}, {get('os')} at {get('op')}, is"
        f" corrected to {get('cs')} at {get('cp')}, as number {get('ci')}"
    )
    return Report("corrected", reason, _payload(element))


def read_cancel(element: Element) -> Report:
    """Return the report of a trade that is taken back."""
    get = element.get
    reason = (
        f"the trade {get('i')} of {get('S')} on {get('x')}, {get('s')} at {get('p')}, is cancelled"
    )
    return Report("cancelled", reason, _payload(element))


def unreadable(element: Element, sid: object, reason: str) -> Report:
    """Return the report of a trade that cannot be a quote."""
    return Report("unreadable", f"a trade of {sid} is not published: {reason}", _payload(element))


def _payload(element: Element) -> bytes:
    return json.dumps(element, separators=(",", ":")).encode()


def _is_number(value: object) -> TypeGuard[float]:
    # JSON's whole numbers are of any size, and not all are doubles
    return type(value) in (int, float) and -MAX_SIZE <= value <= MAX_SIZE  # type: ignore[operator]


def _is_text(value: object) -> TypeGuard[str]:
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True

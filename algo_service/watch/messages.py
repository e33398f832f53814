"""The messages that are watched, read from the wire; other messages are refused.

Texts come from anyone who may publish: no character of them controls a terminal.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from portfolio.risk.halt import Halt

Kind = Literal["orders", "fills", "errors", "portfolios"]
KINDS: tuple[Kind, ...] = ("orders", "fills", "errors", "portfolios")
_IN_ARRAYS: tuple[Kind, ...] = ("orders", "fills")
"""Those that a bridge with --batch-outputs publishes as arrays."""

_MAX_TEXT = 500


class UnreadableError(ValueError):
    """A payload that is not a valid message of its topic."""


class Order(NamedTuple):
    """An order as placed; one that a limit refused has a quantity of 0."""

    id: str
    quote_id: str
    sid: str
    side: str
    quantity: float
    price: float
    reason: str | None


class Fill(NamedTuple):
    """A fill; `cash` is what it adds to the cash, its fee included."""

    id: str
    quote_id: str
    sid: str
    side: str
    quantity: float
    price: float
    cash: float
    is_later: bool
    """At another input than the one at which the order was placed."""


class Position(NamedTuple):
    """What is held of an instrument, at its last quote."""

    sid: str
    quantity: float
    price: float


class QuotedPrice(NamedTuple):
    """What a quote was of."""

    sid: str
    price: float


class Snapshot(NamedTuple):
    """A portfolio; None is what is not known, such as before the first call of `initialize`."""

    seq: float
    quote_id: str | None
    cash: float | None
    positions: tuple[Position, ...]
    equity: float | None
    profit: float | None
    halt: str | None
    last: QuotedPrice | None = None
    """The last quote decided; None for a backend that does not report it."""
    halted: str | None = None
    """Of `halt`, the person's halt: by whom, and why."""
    limit_stop: str | None = None
    """Of `halt`, why a limit has stopped all buying."""


class Failure(NamedTuple):
    """A message that led to no decision."""

    reason: str


Message = Order | Fill | Snapshot | Failure


def clean(text: str, limit: int = _MAX_TEXT) -> str:
    """Return a text of one line with nothing in it that a terminal would obey."""
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text[:limit])
    return f"{shown}…" if len(text) > limit else shown


def read(kind: Kind, payload: bytes) -> list[Message]:
    """Read a payload by the contract: one message, or of orders and fills an array of them.

    :raises UnreadableError: if it, or one element of the array, is not a message of this kind.
    """
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise UnreadableError("it is not JSON") from error
    elements = value if isinstance(value, list) and kind in _IN_ARRAYS else [value]
    if not elements or not all(isinstance(element, dict) for element in elements):
        raise UnreadableError("it is not a map")
    return [_READERS[kind](element) for element in elements]


def _order(fields: dict[str, Any]) -> Order:
    return Order(
        id=_text(fields, "id"),
        quote_id=_text(fields, "quote_id"),
        sid=clean(_text(fields, "sid")),
        side=clean(_text(fields, "side"), 8),
        quantity=_number(fields, "quantity"),
        price=_number(fields, "price"),
        reason=_clean_or_none(fields, "reason"),
    )


def _fill(fields: dict[str, Any]) -> Fill:
    side = _text(fields, "side")
    amount, fee = _number(fields, "amount"), _number(fields, "fee")
    # the ids of an order and of a fill are <algo>:<channel>:<id of the input>:<n>
    inputs = {_text(fields, name).rpartition(":")[0] for name in ("id", "order_id")}
    return Fill(
        id=_text(fields, "id"),
        quote_id=_text(fields, "quote_id"),
        sid=clean(_text(fields, "sid")),
        side=clean(side, 8),
        quantity=_number(fields, "quantity"),
        price=_number(fields, "price"),
        cash=(amount if side == "sell" else -amount) - fee,
        is_later=len(inputs) > 1,
    )


def _snapshot(fields: dict[str, Any]) -> Snapshot:
    held = fields.get("positions")
    if held is None:
        held = {}
    if not (isinstance(held, dict) and all(isinstance(each, dict) for each in held.values())):
        raise UnreadableError("positions is not a map of maps")
    positions = [
        Position(clean(sid), _number(each, "quantity"), _number(each, "price"))
        for sid, each in held.items()
    ]
    # By the contract, starting cash + realised + unrealised - fees is the equity; what an algorithm
    # gave its portfolio to start with is in no message.
    parts = [_number_or_none(fields, name) for name in ("realised", "unrealised", "fees")]
    known = [part for part in parts if part is not None]
    halt = _text_or_none(fields, "halt")
    halted = _halted(fields.get("halted"))
    # a person's halt, a limit's stop, or both, in this order
    stop = halt if halted is None or halt is None else halt.removeprefix(halted).removeprefix("; ")
    return Snapshot(
        seq=_number(fields, "seq"),
        quote_id=_text_or_none(fields, "quote_id"),
        cash=_number_or_none(fields, "cash"),
        positions=tuple(sorted(positions, key=lambda each: -abs(each.quantity * each.price))),
        equity=_number_or_none(fields, "equity"),
        profit=known[0] + known[1] - known[2] if len(known) == 3 else None,
        halt=None if halt is None else clean(halt),
        last=_quoted(fields.get("last")),
        halted=None if halted is None else clean(halted),
        limit_stop=clean(stop) if stop else None,
    )


def _halted(person: Any) -> str | None:
    if person is None:
        return None
    if not isinstance(person, dict):
        raise UnreadableError("halted is not a map")
    return Halt(_text(person, "reason"), _text_or_none(person, "by"), _text(person, "id")).text


def _quoted(last: Any) -> QuotedPrice | None:
    if last is None:
        return None
    if not isinstance(last, dict):
        raise UnreadableError("last is not a map")
    return QuotedPrice(clean(_text(last, "sid")), _number(last, "price"))


def _failure(fields: dict[str, Any]) -> Failure:
    code = _clean_or_none(fields, "code")
    reason = clean(_text(fields, "reason"))
    return Failure(f"{code}: {reason}" if code else reason)


_READERS: dict[Kind, Callable[[dict[str, Any]], Message]] = {
    "orders": _order,
    "fills": _fill,
    "errors": _failure,
    "portfolios": _snapshot,
}


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise UnreadableError(f"{name} is not a text")
    return value


def _text_or_none(fields: dict[str, Any], name: str) -> str | None:
    return None if fields.get(name) is None else _text(fields, name)


def _clean_or_none(fields: dict[str, Any], name: str) -> str | None:
    text = _text_or_none(fields, name)
    return None if text is None else clean(text)


def _number(fields: dict[str, Any], name: str) -> float:
    value = fields.get(name)
    try:
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return float(value)
    except OverflowError:
        pass
    raise UnreadableError(f"{name} is not a finite number")


def _number_or_none(fields: dict[str, Any], name: str) -> float | None:
    return None if fields.get(name) is None else _number(fields, name)

"""Orders and fills as JSON text, as they are stored, published and printed."""

import json
from collections.abc import Sequence
from json.encoder import encode_basestring
from math import isfinite
from typing import Any

from portfolio import Fill, Order

# One way to write a record, to store, publish or print it: keys in the contract's
# order, no white space, no NaN, text as it is.
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_float = float.__repr__


def encode(record: Order | Fill) -> str:
    """Return an order or a fill as JSON text.

    :raises ValueError: if it holds a number or a text that JSON in UTF-8 cannot.
    """
    try:
        text = _order_text(record) if isinstance(record, Order) else _fill_text(record)
    except (TypeError, ValueError):
        # several times slower, and takes or refuses anything
        text = _encode(_members(record))
    return _checked(text)


def encode_all(orders: Sequence[Order], fills: Sequence[Fill]) -> tuple[list[str], list[str]]:
    """Return what an input led to as JSON texts, each in its order.

    :raises ValueError: as `encode`.
    """
    if len(orders) == len(fills) == 1 and _is_as_placed(orders[0], fills[0]):
        try:
            order, fill = _texts_as_placed(orders[0], fills[0])
        except (TypeError, ValueError):
            pass
        else:
            return [_checked(order)], [_checked(fill)]
    return [*map(encode, orders)], [*map(encode, fills)]


def _checked(text: str) -> str:
    if not text.isascii():
        text.encode()  # half of a surrogate pair is refused here, not on the wire
    return text


def _is_as_placed(order: Order, fill: Fill) -> bool:
    """Whether a fill has the values of its order, so that the two texts share most of theirs."""
    order_id, _, _, _, _, quantity, price, amount, ts, quote_id, _, _ = order
    _, of, _, _, _, filled, paid, cash, _, filled_ts, filled_at = fill
    # not by ==: 0.0 equals -0.0, and their texts differ
    return (
        of is order_id
        and filled is quantity
        and paid is price
        and cash is amount
        and filled_ts is ts
        and filled_at is quote_id
    )


def _texts_as_placed(order: Order, fill: Fill) -> tuple[str, str]:
    """Return the texts of both; writing each number once takes two thirds of the time."""
    order_id, algo, sid, side, kind, quantity, price, amount, ts, quote_id, _, reason = order
    fee = fill.fee
    if reason is not None or not isfinite(fee):
        raise ValueError
    what, numbers, when = _parts(order_id, algo, sid, side, quantity, price, amount, ts, quote_id)
    return (
        f'{{"id":{what},"kind":"{kind}",{numbers},{when}}}',
        f'{{"id":{encode_basestring(fill.id)},"order_id":{what},{numbers}'
        f',"fee":{_float(fee)},{when}}}',
    )


def _order_text(order: Order) -> str:
    order_id, algo, sid, side, kind, quantity, price, amount, ts, quote_id, _, reason = order
    if reason is not None:
        raise ValueError
    what, numbers, when = _parts(order_id, algo, sid, side, quantity, price, amount, ts, quote_id)
    return f'{{"id":{what},"kind":"{kind}",{numbers},{when}}}'


def _fill_text(fill: Fill) -> str:
    fill_id, order_id, algo, sid, side, quantity, price, amount, fee, ts, quote_id = fill
    if not isfinite(fee):
        raise ValueError
    what, numbers, when = _parts(order_id, algo, sid, side, quantity, price, amount, ts, quote_id)
    return (
        f'{{"id":{encode_basestring(fill_id)},"order_id":{what},{numbers}'
        f',"fee":{_float(fee)},{when}}}'
    )


def _parts(
    order_id: str,
    algo: str,
    sid: str,
    side: str,
    quantity: float,
    price: float,
    amount: float,
    ts: str | float | None,
    quote_id: str,
) -> tuple[str, str, str]:
    """Return what an order and its fill have in common, between the members that they have not."""
    if not isfinite(quantity + price + amount):
        raise ValueError
    return (
        f'{encode_basestring(order_id)},"algo":{encode_basestring(algo)}'
        f',"sid":{encode_basestring(sid)},"side":"{side}"',
        f'"quantity":{_float(quantity)},"price":{_float(price)},"amount":{_float(amount)}',
        f'"ts":{_time(ts)},"quote_id":{encode_basestring(quote_id)}',
    )


def _time(ts: str | float | None) -> str:
    if ts is None:
        return "null"
    return encode_basestring(ts) if type(ts) is str else _encode(ts)


def _members(record: Order | Fill) -> dict[str, Any]:
    members = record._asdict()
    if isinstance(record, Order) and record.reason is None:
        # contracts/order.schema.json: only an order that a limit cut or refused has these two
        del members["asked"], members["reason"]
    return members

"""Orders and fills as JSON text, as they are stored, published and printed."""

import json
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
    if not text.isascii():
        text.encode()  # half of a surrogate pair is refused here, not on the wire
    return text


def _order_text(order: Order) -> str:
    order_id, algo, sid, side, kind, quantity, price, amount, ts, quote_id, _, reason = order
    if reason is not None or not isfinite(quantity + price + amount):
        raise ValueError
    return (
        f'{{"id":{encode_basestring(order_id)},"algo":{encode_basestring(algo)}'
        f',"sid":{encode_basestring(sid)},"side":"{side}","kind":"{kind}"'
        f',"quantity":{_float(quantity)},"price":{_float(price)},"amount":{_float(amount)}'
        f',"ts":{_time(ts)},"quote_id":{encode_basestring(quote_id)}}}'
    )


def _fill_text(fill: Fill) -> str:
    fill_id, order_id, algo, sid, side, quantity, price, amount, fee, ts, quote_id = fill
    if not isfinite(quantity + price + amount + fee):
        raise ValueError
    return (
        f'{{"id":{encode_basestring(fill_id)},"order_id":{encode_basestring(order_id)}'
        f',"algo":{encode_basestring(algo)},"sid":{encode_basestring(sid)},"side":"{side}"'
        f',"quantity":{_float(quantity)},"price":{_float(price)},"amount":{_float(amount)}'
        f',"fee":{_float(fee)},"ts":{_time(ts)},"quote_id":{encode_basestring(quote_id)}}}'
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

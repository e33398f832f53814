"""Orders that an algorithm without a portfolio returns, and orders and fills as text."""

import json
from collections.abc import Mapping
from json.encoder import encode_basestring
from math import isfinite
from typing import Any

from algo_service.engine.quotes import LONGEST_SID
from algo_service.errors import OrderError
from portfolio import MAX_QUANTITY, Fill, Order
from portfolio.reals import real

# One way to write a record, whoever stores, publishes or prints it: keys in the contract's
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


def complete(returned: Any, algo: str, quote: Mapping[str, Any]) -> list[Order]:
    """Complete what `event` returned from the quote that caused it.

    :param returned: nothing, a map, or a list of maps with `side`, `sid` and `quantity`.
    :raises OrderError: naming the field and its value, if it is something else.
    """
    if returned is None:
        return []
    listed = returned if isinstance(returned, list | tuple) else [returned]
    return [_order(one, n, algo, quote) for n, one in enumerate(listed)]


def _order(returned: Any, n: int, algo: str, quote: Mapping[str, Any]) -> Order:
    if not isinstance(returned, Mapping):
        raise OrderError(
            f"event returned {returned!r:.80}: an order is a map with side, sid and quantity"
        )
    side, sid, quantity = returned.get("side"), returned.get("sid"), returned.get("quantity")
    if side not in ("buy", "sell"):
        raise OrderError(f'the order\'s side is {side!r:.80}: it has to be "buy" or "sell"')
    if not isinstance(sid, str) or not 0 < len(sid) <= LONGEST_SID:
        raise OrderError(
            f"the order's sid is {sid!r:.80}: it has to be a text of 1 to {LONGEST_SID} characters"
        )
    try:
        units = real(quantity, "the order's quantity")
    except ValueError as error:
        raise OrderError(str(error)) from None
    if not 0 < units <= MAX_QUANTITY:
        raise OrderError(
            f"the order's quantity is {quantity!r:.80}: it has to be above 0 and at most"
            f" {MAX_QUANTITY:g}"
        )
    price, quote_id = quote["quote"], quote["id"]
    return Order(
        f"{algo}:{quote['channel']}:{quote_id}:{n}",
        algo,
        sid,
        side,
        "market",
        units,
        price,
        units * price,
        quote.get("ts"),
        quote_id,
    )

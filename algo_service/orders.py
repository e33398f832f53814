"""Orders that an algorithm without a portfolio returns, and orders and fills as text."""

import json
from collections.abc import Mapping
from json.encoder import encode_basestring
from math import isfinite
from typing import Any, TypeGuard

from algo_service.errors import OrderError
from algo_service.quotes import LONGEST_SID
from portfolio import MAXIMUM_QUANTITY, Fill, Order

# One way to write a record, whoever stores, publishes or prints it: keys in the contract's
# order, no white space, no NaN, text as it is.
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
_KEYS = {kind: [f'"{name}":' for name in kind._fields] for kind in (Order, Fill)}


def encode(record: Order | Fill) -> str:
    """Return an order or a fill as JSON text.

    :raises ValueError: if it holds a number or a text that JSON in UTF-8 cannot.
    """
    if isinstance(record, Order) and record.reason is None:
        # contracts/order.schema.json: only an order that a limit cut or refused has the last two
        fields: tuple[Any, ...] = record[:-2]
    else:
        fields = record
    members = [
        key + _member(value) for key, value in zip(_KEYS[type(record)], fields, strict=False)
    ]
    text = f"{{{','.join(members)}}}"
    text.encode()  # half of a surrogate pair is refused here, not on the wire
    return text


def _member(value: Any) -> str:
    # what the encoder does, without the time that it takes to begin with each value
    if type(value) is str:
        return encode_basestring(value)
    if type(value) is float and isfinite(value):
        return repr(value)
    return _encode(value)


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
    side, sid, quantity = (returned.get(key) for key in ("side", "sid", "quantity"))
    if side not in ("buy", "sell"):
        raise OrderError(f'the order\'s side is {side!r:.80}: it has to be "buy" or "sell"')
    if not isinstance(sid, str) or not 0 < len(sid) <= LONGEST_SID:
        raise OrderError(
            f"the order's sid is {sid!r:.80}: it has to be a text of 1 to {LONGEST_SID} characters"
        )
    if not _is_number(quantity) or not 0 < quantity <= MAXIMUM_QUANTITY:
        raise OrderError(
            f"the order's quantity is {quantity!r:.80}: it has to be above 0 and at most"
            f" {MAXIMUM_QUANTITY:g}"
        )
    price = quote["quote"]
    return Order(
        id=f"{algo}:{quote['channel']}:{quote['id']}:{n}",
        algo=algo,
        sid=sid,
        side=side,
        kind="market",
        quantity=float(quantity),
        price=price,
        amount=float(quantity) * price,
        ts=quote.get("ts"),
        quote_id=quote["id"],
    )


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)

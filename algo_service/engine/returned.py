"""Reads the orders that an algorithm without a portfolio returns from `event`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from algo_service.engine.quotes import MAX_SID_LENGTH
from algo_service.errors import OrderError
from portfolio import MAX_QUANTITY, Order
from portfolio.accounting.orders import placed
from portfolio.reals import real


def complete(
    returned: Any,
    algo: str,
    cause: Mapping[str, Any],
    prices: Mapping[str, float] | None = None,
) -> list[Order]:
    """Complete what `event` returned from the message that caused it.

    :param returned: nothing, a map, or a list of maps with `side`, `sid` and `quantity`.
    :param cause: a quote, or data.
    :param prices: of data, which has no price: the last one of each instrument.
    :raises OrderError: naming the field and its value, if it is something else.
    """
    if returned is None:
        return []
    listed = returned if isinstance(returned, list | tuple) else [returned]
    return [_order(one, n, algo, cause, prices) for n, one in enumerate(listed)]


def _order(
    returned: Any,
    n: int,
    algo: str,
    cause: Mapping[str, Any],
    prices: Mapping[str, float] | None,
) -> Order:
    if not isinstance(returned, Mapping):
        raise OrderError(
            f"event returned {returned!r:.80}: an order is a map with side, sid and quantity"
        )
    side, sid, quantity = returned.get("side"), returned.get("sid"), returned.get("quantity")
    if side not in ("buy", "sell"):
        raise OrderError(f'the order\'s side is {side!r:.80}: it has to be "buy" or "sell"')
    if not isinstance(sid, str) or not 0 < len(sid) <= MAX_SID_LENGTH:
        raise OrderError(
            f"the order's sid is {sid!r:.80}: it has to be a text of 1 to {MAX_SID_LENGTH}"
            " characters"
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
    price = cause["quote"] if prices is None else prices.get(sid)
    if price is None:
        raise OrderError(f"the order's sid is {sid!r:.80}: no quote of it has come, so no price")
    key = f"{algo}:{cause['channel']}:{cause['id']}"
    return placed(key, n, algo, cause, sid, side, units, price, units * price)

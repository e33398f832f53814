"""A small helper to test an algorithm by a table of quotes and orders.

docs/how-to/write-an-algorithm.md shows its use.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from algo_service.algorithm import Algorithm
from algo_service.engine.engine import Engine

SID = "GOOG"
"""The instrument of a quote that is a price alone."""


class PlayResult(NamedTuple):
    """The orders and fills of each quote, and the portfolio at the end."""

    orders: list[str]
    """One text per quote: "" or `buy 9.8 GOOG`; several orders are separated by "; ". An order that
    a limit cut or refused has its reason behind: `buy 0 GOOG (max_order: ...)`."""
    fills: list[str]
    """One text per quote likewise: `buy 9.8 GOOG at 102`, with `, fee 1.5` if one was charged."""
    portfolio: dict[str, Any]
    """The snapshot at the end (contracts/portfolio.schema.json)."""
    data: list[list[tuple[str, dict[str, Any]]]]
    """What each quote had the algorithm publish: name and message."""


Played = PlayResult
"""The name in earlier versions."""


def play(
    create: Callable[[], Algorithm],
    quotes: Iterable[float | tuple[str, float] | Mapping[str, Any]],
    **params: Any,
) -> PlayResult:
    """Give quotes to a new algorithm, as the live engine does.

    :param create: makes the algorithm, such as its class.
    :param quotes: prices, pairs of instrument and price, or maps with `sid`, `quote` and any other
        field; `id` counts from 1 where there is none.
    :param params: for `initialize`, such as `cash=1000`.
    :raises AssertionError: if a quote leads to an error, with the algorithm's traceback.
    """
    engine = Engine(create, "test", {}, seed=0)
    engine.initialize(params)
    orders, fills, data = [], [], []
    for number, quote in enumerate(quotes, 1):
        (decision,) = engine.decide([_map(quote, number)])
        if "error" in decision:
            raise AssertionError(
                f"quote {number}, {quote}: {decision['error']}\n{decision['traceback']}"
            )
        orders.append("; ".join(_order(json.loads(text)) for text in decision["orders"]))
        fills.append("; ".join(_fill(json.loads(text)) for text in decision["fills"]))
        published = decision.get("data", [])
        data.append([(each["name"], json.loads(each["text"])) for each in published])
    return PlayResult(orders, fills, engine.snapshot(), data)


def _map(quote: float | tuple[str, float] | Mapping[str, Any], number: int) -> dict[str, Any]:
    if isinstance(quote, Mapping):
        fields = dict(quote)
    else:
        sid, price = quote if isinstance(quote, tuple) else (SID, quote)
        fields = {"sid": sid, "quote": price}
    return {"id": str(number), "channel": "quotes", **fields}


def _order(order: Mapping[str, Any]) -> str:
    reason = f" ({order['reason']})" if "reason" in order else ""
    return f"{order['side']} {order['quantity']:g} {order['sid']}{reason}"


def _fill(fill: Mapping[str, Any]) -> str:
    fee = f", fee {fill['fee']:g}" if fill["fee"] else ""
    return f"{fill['side']} {fill['quantity']:g} {fill['sid']} at {fill['price']:g}{fee}"

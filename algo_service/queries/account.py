"""What the account holds, and what it has earned."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Mapping
from typing import Any

from algo_service.journal import codec, standing
from algo_service.queries.equity import MINUTE
from portfolio.times import DAY

_NOTHING: dict[str, Any] = dict.fromkeys(
    ("cash", "equity", "exposure", "realised", "unrealised", "fees", "profit")
)


def positions(database: sqlite3.Connection, options: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG001
    """Return cash, equity, profit, and each position with its average cost and its profit.

    What needs the price of an instrument that has none is null, as is all of it before the first
    decision.
    """
    seq, saved = _saved(database)
    if saved is None:
        return {"seq": seq, **_NOTHING, "positions": {}, "prices": {}}
    prices = saved["prices"]
    held = {
        sid: _position(quantity, cost, prices.get(sid))
        for sid, (quantity, cost) in sorted(saved["positions"].items())
    }
    equity, start = _equity(saved), _start(saved)
    return {
        "seq": seq,
        "cash": saved["cash"],
        "equity": equity,
        "exposure": _sum(each["value"] for each in held.values()),
        "realised": saved["realised"],
        "unrealised": _sum(each["unrealised"] for each in held.values()),
        "fees": saved["fees"],
        "profit": None if equity is None else equity - start,
        "positions": held,
        "prices": prices,
    }


def profit(database: sqlite3.Connection, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the profit since a time, by default since the UTC day of the last quote began.

    :param options: `since` in nanoseconds, or None.
    """
    _, saved = _saved(database)
    since = options["since"]
    if since is None:
        (last,) = database.execute("SELECT max(minute) FROM minutes").fetchone()
        since = None if last is None else last * MINUTE // DAY * DAY
    now = None if saved is None else _equity(saved)
    before = None if saved is None else _start(saved)
    if since is not None:
        row = database.execute(
            "SELECT equity FROM minutes WHERE minute < ? ORDER BY minute DESC LIMIT 1",
            (-(-since // MINUTE),),
        ).fetchone()
        before = row[0] if row else before
    return {
        "since": None if since is None else since / 10**9,
        "before": before,
        "equity": now,
        "profit": None if now is None or before is None else now - before,
    }


def _saved(database: sqlite3.Connection) -> tuple[int, dict[str, Any] | None]:
    """Return the count of decisions, and what the portfolio has saved after the last one."""
    row = database.execute("SELECT value FROM state WHERE name = 'portfolio'").fetchone()
    return standing.read(database).seq, codec.decode(row[0]) if row else None


def _position(quantity: float, cost: float, price: float | None) -> dict[str, Any]:
    value = None if price is None else quantity * price
    return {
        "quantity": quantity,
        "average_cost": cost / quantity,
        "price": price,
        "value": value,
        "unrealised": None if value is None else value - cost,
    }


def _equity(saved: Mapping[str, Any]) -> float | None:
    held, prices = saved["positions"], saved["prices"]
    if not held.keys() <= prices.keys():
        return None
    return math.fsum((saved["cash"], *(units * prices[sid] for sid, (units, _) in held.items())))


def _start(saved: Mapping[str, Any]) -> float:
    """Return the cash that it began with.

    That, realised and unrealised profit less the fees are the equity (accounting/account.py).
    """
    costs = math.fsum(cost for _, cost in saved["positions"].values())
    return math.fsum((saved["cash"], costs, -saved["realised"], saved["fees"]))


def _sum(values: Any) -> float | None:
    found = list(values)
    return None if None in found else math.fsum(found)

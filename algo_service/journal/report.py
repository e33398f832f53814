"""What is in a journal, for a person to read; also while a service writes it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from algo_service import figures
from algo_service.journal import codec
from algo_service.journal.reading import open_to_read, understood
from algo_service.journal.rows import DATA, QUOTES
from algo_service.journal.standing import HANDED_OVER, TAKEN_OVER, taken_over
from algo_service.journal.store import WarmUp


def orders(path: Path) -> Iterator[str]:
    """Yield every order that was placed with this journal as JSON text, in the order placed.

    :raises JournalError: if it cannot be read.
    """
    with closing(open_to_read(path)) as database, understood(path):
        query = "SELECT text FROM orders WHERE seq > ? ORDER BY seq, n"
        for (text,) in database.execute(query, (_first(database),)):
            yield text


def summary(path: Path) -> Iterator[str]:
    """Yield lines: the algorithm, counts, first and last quote, equity, cash and positions.

    :raises JournalError: if it cannot be read.
    """
    with closing(open_to_read(path)) as database, understood(path):
        # one transaction, so that all figures are of the same moment
        database.execute("BEGIN")
        meta = dict(database.execute("SELECT name, value FROM meta"))
        lines = [
            ("algorithm", meta.get("algo", "none yet")),
            ("parameters", meta.get("parameters", "none yet")),
            ("quotes", _count(database, "decisions", QUOTES)),
            ("data", _count(database, "decisions", DATA)),
            ("commands", _count(database, "replies")),
            ("failed", _count(database, "failures")),
            ("orders", _count(database, "orders")),
            ("fills", _count(database, "fills")),
            ("starts", _one(database, "SELECT count(*) FROM log WHERE kind = 'start'")),
        ]
        since = _first(database)
        for name, order in (("first", "ASC"), ("last", "DESC")):
            row = database.execute(
                "SELECT id, channel, (SELECT datetime(at, 'unixepoch') FROM batches"
                " WHERE batches.seq >= decisions.seq ORDER BY batches.seq LIMIT 1)"
                f" FROM decisions WHERE {QUOTES} AND seq > ? ORDER BY seq {order} LIMIT 1",
                (since,),
            ).fetchone()
            if row:
                lines.append((f"{name} quote", "{} on {}, decided {} UTC".format(*row)))
        lines += _hand_overs(database)
        packed = database.execute("SELECT value FROM state WHERE name = 'portfolio'").fetchone()
        if "warm_up" in meta:
            lines.append(("warm-up", str(WarmUp(**json.loads(meta["warm_up"])))))
        if packed:
            lines += _account(codec.decode(packed[0]))
    for name, value in lines:
        yield f"{name:<12}{value}"


def _hand_overs(database: sqlite3.Connection) -> Iterator[tuple[str, str]]:
    """Yield what was taken over before the first decision, and what is handed over at present."""
    names = {TAKEN_OVER: "taken over", HANDED_OVER: "handed over"}
    present = dict(database.execute("SELECT name, value FROM meta WHERE name IN (?, ?)", (*names,)))
    for kind, name in names.items():
        if kind not in present:
            continue
        seq, at, text = database.execute(
            "SELECT seq, datetime(at, 'unixepoch'), text FROM log WHERE kind = ?"
            " ORDER BY rowid DESC LIMIT 1",
            (kind,),
        ).fetchone()
        account = json.loads(text)
        scale = account["cash"] + sum(each["cost"] for each in account["positions"].values())
        parts = [f"cash {figures.money(account['cash'], scale)}"]
        parts += [
            f"{figures.quantity(held['quantity'])} {sid}, bought for"
            f" {figures.money(held['cost'], scale)}"
            for sid, held in account["positions"].items()
        ]
        if account.get("halt"):
            parts.append(f"halted: {account['halt']['reason']}")
        cancelled = len(account.get("cancelled", ()))
        if cancelled:
            parts.append(f"{cancelled:,} order{'' if cancelled == 1 else 's'} cancelled")
        yield name, f"after decision {seq:,}, on {at} UTC: {'; '.join(parts)}"


def _account(portfolio: dict[str, Any]) -> list[tuple[str, str]]:
    positions, prices = portfolio["positions"], portfolio["prices"]
    unpriced = [sid for sid in positions if sid not in prices]
    costs = sum(cost for _, cost in positions.values())
    # starting cash + realised + unrealised - fees is the equity (portfolio/accounting/account.py)
    start = portfolio["cash"] + costs - portfolio["realised"] + portfolio["fees"]

    def text(amount: float) -> str:
        return figures.money(amount, start)

    if unpriced:
        equity = profit = f"unknown: no price is known of {', '.join(unpriced)}"
    else:
        worth = portfolio["cash"] + sum(held * prices[sid] for sid, (held, _) in positions.items())
        equity, profit = text(worth), text(worth - start)
    lines = [
        ("equity", equity),
        ("profit", profit),
        *((name, text(portfolio[name])) for name in ("cash", "realised", "fees")),
    ]
    for sid, (held, cost) in positions.items():
        value = f"{figures.quantity(held)} {sid}, bought for {text(cost)}"
        if sid in unpriced:
            value += ", no price known"
        else:
            price, worth = figures.price(prices[sid]), held * prices[sid]
            value += f", at {price} worth {text(worth)}, unrealised {text(worth - cost)}"
        lines.append(("position", value))
    return lines


def _first(database: sqlite3.Connection) -> int:
    """Return the count before the first decision that was made with this journal."""
    taken = taken_over(database)
    return taken.seq if taken else 0


def _count(database: sqlite3.Connection, table: str, condition: str = "true") -> int:
    return _one(
        database,
        f"SELECT count(*) FROM {table} WHERE {condition} AND seq > {_first(database)}",
    )


def _one(database: sqlite3.Connection, query: str) -> int:
    (value,) = database.execute(query).fetchone()
    return int(value)

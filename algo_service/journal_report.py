"""What is in a journal, for a person to read; also while a service writes it."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from algo_service import state
from algo_service.errors import JournalError
from algo_service.journal_file import check_file
from algo_service.journal_mark import incomplete
from algo_service.ledger import WarmUp


def open_to_read(path: Path) -> sqlite3.Connection:
    """Open a journal that a service may be writing.

    :raises JournalError: if it cannot be read, or is none.
    """
    if not path.is_file():
        raise JournalError(f"there is no journal {path}")
    try:
        database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        check_file(database, path)
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error as error:
        raise JournalError(f"the journal {path}: {error}") from error
    if not tables:
        raise JournalError(incomplete(path) or f"{path} is empty, no journal")
    return database


def orders(path: Path) -> Iterator[str]:
    """Yield every order as JSON text, in the order placed.

    :raises JournalError: if it cannot be read.
    """
    with closing(open_to_read(path)) as database:
        for (text,) in database.execute("SELECT text FROM orders ORDER BY seq, n"):
            yield text


def summary(path: Path) -> str:
    """Return algorithm, parameters, counts, cash, positions, first and last quote as lines.

    :raises JournalError: if it cannot be read.
    """
    with closing(open_to_read(path)) as database:
        # one transaction, so that all figures are of the same moment
        database.execute("BEGIN")
        meta = dict(database.execute("SELECT name, value FROM meta"))
        lines = [
            ("algorithm", meta.get("algo", "none yet")),
            ("parameters", meta.get("parameters", "none yet")),
            ("quotes", _one(database, "SELECT count(*) FROM decisions")),
            ("failed", _one(database, "SELECT count(*) FROM decisions WHERE error IS NOT NULL")),
            ("orders", _one(database, "SELECT count(*) FROM orders")),
            ("fills", _one(database, "SELECT count(*) FROM fills")),
            ("resets", _one(database, "SELECT count(*) FROM resets")),
        ]
        for name, order in (("first", "ASC"), ("last", "DESC")):
            row = database.execute(
                "SELECT quote_id, channel, datetime(at, 'unixepoch') FROM decisions"
                f" ORDER BY seq {order} LIMIT 1"
            ).fetchone()
            if row:
                lines.append((f"{name} quote", "{} on {}, decided {} UTC".format(*row)))
        packed = database.execute("SELECT value FROM state WHERE name = 'portfolio'").fetchone()
    if "warm_up" in meta:
        lines.append(("warm-up", str(WarmUp(**json.loads(meta["warm_up"])))))
    if packed:
        portfolio = state.decode(packed[0])
        lines += [(name, f"{portfolio[name]:.2f}") for name in ("cash", "realised", "fees")]
        for sid, (quantity, cost) in portfolio["positions"].items():
            price = portfolio["prices"][sid]
            value = f"{quantity:g} {sid} at {price:g}, {quantity * price:.2f}"
            lines.append(("position", f"{value}, bought for {cost:.2f}"))
    return "\n".join(f"{name:<12}{value}" for name, value in lines)


def _one(database: sqlite3.Connection, query: str) -> int:
    (value,) = database.execute(query).fetchone()
    return int(value)

"""Writes decisions into the tables of a journal."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby
from typing import Any

from algo_service.decisions import Decision, Failure, Input
from algo_service.journal.store import Recent

_TABLES = (
    "decisions",
    "failures",
    "orders",
    "fills",
    "publications",
    "replies",
    "batches",
    "published",
    "confirmed",
)

_ROWS = 100
"""Rows of one statement. It may have 999 variables in SQLite before 3.32."""


def insert_inputs(
    database: sqlite3.Connection, inputs: Sequence[Input], first: int, keeps: bool
) -> None:
    """Insert the keys of inputs that were decided, with their contents or with the digests.

    :param first: the count of the decisions before.
    :param keeps: whether `content` of an input is its content; else it is the digest.
    """
    values = "(?, ?, ?, NULL, ?)" if keeps else "(?, ?, ?, ?, NULL)"
    rows = [
        (seq, channel, input_id, content)
        for seq, ((channel, input_id), _, _, content) in enumerate(inputs, first + 1)
    ]
    _insert(database, "decisions", values, rows)


def insert_outputs(
    database: sqlite3.Connection, decisions: Iterable[tuple[int, Decision | Failure]]
) -> None:
    """Insert what inputs led to.

    :param decisions: each with its seq.
    """
    failures: list[tuple[Any, ...]] = []
    orders: list[tuple[int, int, str]] = []
    fills: list[tuple[int, int, str]] = []
    replies: list[tuple[int, str]] = []
    publications: list[tuple[int, int, str, str]] = []
    for seq, decision in decisions:
        if "error" in decision:
            failures.append(_failure_row(seq, decision))
            continue
        if decision["orders"]:
            orders += [(seq, n, text) for n, text in enumerate(decision["orders"])]
        if decision["fills"]:
            fills += [(seq, n, text) for n, text in enumerate(decision["fills"])]
        if "data" in decision:
            publications += [
                (seq, n, each["name"], each["text"]) for n, each in enumerate(decision["data"])
            ]
        if "reply" in decision:
            replies.append((seq, decision["reply"]))
    _insert(database, "failures", "(?, ?, ?, ?, ?)", failures)
    _insert(database, "orders", "(?, ?, ?)", orders)
    _insert(database, "fills", "(?, ?, ?)", fills)
    _insert(database, "publications", "(?, ?, ?, ?)", publications)
    _insert(database, "replies", "(?, ?)", replies)


def _insert(
    database: sqlite3.Connection, table: str, values: str, rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert rows, most of them by statements of _ROWS: three fifths of the time of one for each.

    :param values: of one row, such as `(?, ?)`.
    """
    one = f"INSERT INTO {table} VALUES {values}"
    rest = len(rows) % _ROWS
    if rest < len(rows):
        many = one + f", {values}" * (_ROWS - 1)
        for start in range(0, len(rows) - rest, _ROWS):
            database.execute(many, [*chain.from_iterable(rows[start : start + _ROWS])])
    if rest:
        database.executemany(one, rows[-rest:])


def replace_all(database: sqlite3.Connection, recent: Sequence[Recent], elapsed: float) -> None:
    """Remove all decisions, and insert those of another store.

    :param elapsed: the seconds that services have run with this journal.
    """
    for table in _TABLES:
        database.execute(f"DELETE FROM {table}")
    database.executemany(
        "INSERT INTO decisions VALUES (?, ?, ?, ?, ?)",
        ((each.seq, *each.key, each.digest, each.content) for each in recent),
    )
    insert_outputs(database, ((each.seq, each.decision) for each in recent))
    database.executemany(
        "INSERT INTO batches (seq, at, elapsed) VALUES (?, ?, ?)", _batches(recent, elapsed)
    )


def _batches(recent: Sequence[Recent], elapsed: float) -> Iterator[tuple[int, float, float]]:
    for (at, ago), batch in groupby(recent, key=lambda each: (each.at, each.ago)):
        *_, last = batch
        yield last.seq, at, elapsed - ago


def _failure_row(seq: int, failure: Failure) -> tuple[Any, ...]:
    return seq, failure["error"], failure["traceback"], failure.get("type"), failure.get("place")

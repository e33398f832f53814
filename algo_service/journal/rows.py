"""Reads decisions from the tables of a journal."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from algo_service.decisions import Decision, Failure, Key
from algo_service.journal.recent import MAX_DECISIONS, MIN_DECISIONS, SECONDS
from algo_service.journal.store import Known, Recent

DATA = "(channel GLOB 'data/*' OR channel GLOB 'indicators/*')"
"""The condition for data among decisions, as `engine.inputs.kind_of` tells it of a channel."""

QUOTES = f"NOT {DATA} AND NOT channel GLOB 'commands/*' AND NOT channel GLOB 'executions/*'"
"""The same for quotes."""

_DECISION = """
SELECT channel, id, content, decisions.seq, digest, error, traceback, type, place, replies.text
FROM decisions
LEFT JOIN failures ON failures.seq = decisions.seq
LEFT JOIN replies ON replies.seq = decisions.seq
"""


def known_of(
    database: sqlite3.Connection, channel: str, ids: Sequence[str], older: int
) -> Iterator[tuple[str, Known]]:
    """Yield the ids that were decided on a channel, and what is known of each.

    :param ids: at most 32,000.
    :param older: the seq of the last decision that an earlier layout has kept.
    """
    # one statement for many: a third of the time that one for each takes
    marks = ",".join("?" * len(ids))
    rows = database.execute(f"{_DECISION} WHERE channel = ? AND id IN ({marks})", (channel, *ids))
    for _, input_id, content, seq, digest, *columns in rows.fetchall():
        decided = _decision(database, seq, *columns)
        yield input_id, Known(decided, content, digest, seq <= older)


def outputs(
    database: sqlite3.Connection, after: int, limit: int
) -> list[tuple[int, Decision | Failure]]:
    """Return decisions with orders, fills, publications or a reply, and their seq, in order.

    :param after: only those with a greater seq.
    """
    rows = database.execute(
        "SELECT seq FROM orders WHERE seq > :after"
        " UNION SELECT seq FROM fills WHERE seq > :after"
        " UNION SELECT seq FROM publications WHERE seq > :after"
        " UNION SELECT seq FROM replies WHERE seq > :after ORDER BY seq LIMIT :limit",
        {"after": after, "limit": limit},
    ).fetchall()
    return [(seq, decision(database, seq)) for (seq,) in rows]


def decisions_between(
    database: sqlite3.Connection, after: int, last: int
) -> Iterator[tuple[int, Key, bytes | None, bytes | None, Decision | Failure]]:
    """Yield seq, key, content, digest and decision of inputs, in their order.

    :param after: only those with a greater seq, up to `last`.
    """
    orders = _texts_between(database, "orders", after, last)
    fills = _texts_between(database, "fills", after, last)
    published = _publications_between(database, after, last)
    rows = database.execute(
        f"{_DECISION} WHERE decisions.seq > ? AND decisions.seq <= ? ORDER BY decisions.seq",
        (after, last),
    )
    for channel, input_id, content, seq, digest, *columns in rows.fetchall():
        outputs_of = orders.get(seq, []), fills.get(seq, []), published.get(seq, [])
        yield seq, (channel, input_id), content, digest, _made(outputs_of, *columns)


def recent(database: sqlite3.Connection, elapsed: float) -> list[Recent]:
    """Return the latest decisions, in their order.

    :param elapsed: the seconds that services have run with the journal.
    """
    (last,) = database.execute("SELECT coalesce(max(seq), 0) FROM decisions").fetchone()
    before = database.execute(
        "SELECT seq FROM batches WHERE elapsed < ? ORDER BY seq DESC LIMIT 1", (elapsed - SECONDS,)
    ).fetchone()
    start = max(min(before[0] if before else 0, last - MIN_DECISIONS), last - MAX_DECISIONS)
    batches = database.execute(
        "SELECT seq, at, elapsed FROM batches WHERE seq > ? ORDER BY seq", (start,)
    )
    end, at, until = start, 0.0, 0.0
    found: list[Recent] = []
    for seq, key, content, digest, decided in decisions_between(database, start, last):
        while end < seq:
            end, at, until = next(batches)
        found.append(Recent(seq, key, content, digest, decided, at, elapsed - until))
    return found


def decision(database: sqlite3.Connection, seq: int) -> Decision | Failure:
    """Return the decision with this seq."""
    (row,) = database.execute(f"{_DECISION} WHERE decisions.seq = ?", (seq,)).fetchall()
    _, _, _, _, _, *columns = row
    return _decision(database, seq, *columns)


def _decision(
    database: sqlite3.Connection,
    seq: int,
    error: str | None,
    traceback: str,
    error_type: str | None,
    place: str | None,
    reply: str | None,
) -> Decision | Failure:
    published = database.execute(
        "SELECT name, text FROM publications WHERE seq = ? ORDER BY n", (seq,)
    ).fetchall()
    outputs_of = _texts(database, "orders", seq), _texts(database, "fills", seq), published
    return _made(outputs_of, error, traceback, error_type, place, reply)


def _made(
    outputs_of: tuple[list[str], list[str], list[tuple[str, str]]],
    error: str | None,
    traceback: str,
    error_type: str | None,
    place: str | None,
    reply: str | None,
) -> Decision | Failure:
    if error is not None:
        failure: Failure = {"error": error, "traceback": traceback}
        if error_type is not None:
            failure["type"] = error_type
        if place is not None:
            failure["place"] = place
        return failure
    orders, fills, published = outputs_of
    found: Decision = {"orders": orders, "fills": fills}
    if published:
        found["data"] = [{"name": name, "text": text} for name, text in published]
    if reply is not None:
        found["reply"] = reply
    return found


def _texts(database: sqlite3.Connection, table: str, seq: int) -> list[str]:
    rows: Any = database.execute(f"SELECT text FROM {table} WHERE seq = ? ORDER BY n", (seq,))
    return [text for (text,) in rows]


def _texts_between(
    database: sqlite3.Connection, table: str, after: int, last: int
) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for seq, text in database.execute(
        f"SELECT seq, text FROM {table} WHERE seq > ? AND seq <= ? ORDER BY seq, n", (after, last)
    ):
        found.setdefault(seq, []).append(text)
    return found


def _publications_between(
    database: sqlite3.Connection, after: int, last: int
) -> dict[int, list[tuple[str, str]]]:
    found: dict[int, list[tuple[str, str]]] = {}
    for seq, name, text in database.execute(
        "SELECT seq, name, text FROM publications WHERE seq > ? AND seq <= ? ORDER BY seq, n",
        (after, last),
    ):
        found.setdefault(seq, []).append((name, text))
    return found

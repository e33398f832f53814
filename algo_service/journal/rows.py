"""Reads decisions from the tables of a journal."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

from algo_service.decisions import Decision, Failure, Key
from algo_service.journal.store import Known

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
) -> Iterator[tuple[int, Key, bytes, Decision | Failure]]:
    """Yield seq, key, content and decision of inputs, in their order.

    :param after: only those with a greater seq, up to `last`.
    """
    rows = database.execute(
        f"{_DECISION} WHERE decisions.seq > ? AND decisions.seq <= ? ORDER BY decisions.seq",
        (after, last),
    )
    for channel, input_id, content, seq, _, *columns in rows.fetchall():
        yield seq, (channel, input_id), content, _decision(database, seq, *columns)


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
    if error is not None:
        failure: Failure = {"error": error, "traceback": traceback}
        if error_type is not None:
            failure["type"] = error_type
        if place is not None:
            failure["place"] = place
        return failure
    found: Decision = {
        "orders": _texts(database, "orders", seq),
        "fills": _texts(database, "fills", seq),
    }
    published = database.execute(
        "SELECT name, text FROM publications WHERE seq = ? ORDER BY n", (seq,)
    ).fetchall()
    if published:
        found["data"] = [{"name": name, "text": text} for name, text in published]
    if reply is not None:
        found["reply"] = reply
    return found


def _texts(database: sqlite3.Connection, table: str, seq: int) -> list[str]:
    rows: Any = database.execute(f"SELECT text FROM {table} WHERE seq = ? ORDER BY n", (seq,))
    return [text for (text,) in rows]

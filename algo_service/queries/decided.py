"""The latest orders, fills, errors and commands, the newest first, with the input of each."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from algo_service.journal import content

MAX_BYTES = 1_000_000
"""Of the entries of one answer; older ones are left out beyond that."""

MAX_INPUT = 4096
"""Bytes of an input that is shown; of a longer one its key is."""

MAX_TRACEBACK = 4000
"""Characters; the end of a traceback tells most."""


class _Cause(NamedTuple):
    """The input that a decision was made on."""

    at: float | None
    text: str
    """JSON."""


def orders(database: sqlite3.Connection, options: Mapping[str, Any]) -> str:
    """Return the latest orders as JSON text."""
    return _outputs(database, "orders", "order", options["limit"])


def fills(database: sqlite3.Connection, options: Mapping[str, Any]) -> str:
    """Return the latest fills as JSON text."""
    return _outputs(database, "fills", "fill", options["limit"])


def errors(database: sqlite3.Connection, options: Mapping[str, Any]) -> str:
    """Return the latest inputs that failed as JSON text."""
    rows = database.execute(
        "SELECT seq, error, type, place, traceback FROM failures ORDER BY seq DESC LIMIT ?",
        (options["limit"] + 1,),
    )
    fields = (
        (
            seq,
            f'"error":{_text(error)},"type":{_text(kind)},"place":{_text(place)},'
            f'"traceback":{_text(traceback[-MAX_TRACEBACK:])}',
        )
        for seq, error, kind, place, traceback in rows.fetchall()
    )
    return _listed(database, "errors", fields, options["limit"])


def commands(database: sqlite3.Connection, options: Mapping[str, Any]) -> str:
    """Return the latest commands and their replies as JSON text: who has halted it, and when."""
    rows = database.execute(
        "SELECT seq, text FROM replies ORDER BY seq DESC LIMIT ?", (options["limit"] + 1,)
    )
    fields = ((seq, f'"reply":{text}') for seq, text in rows.fetchall())
    return _listed(database, "commands", fields, options["limit"])


def _outputs(database: sqlite3.Connection, table: str, name: str, limit: int) -> str:
    rows = database.execute(
        f"SELECT seq, text FROM {table} ORDER BY seq DESC, n DESC LIMIT ?", (limit + 1,)
    )
    # the texts as they were published, unread
    fields = ((seq, f'"{name}":{text}') for seq, text in rows.fetchall())
    return _listed(database, table, fields, limit)


def _listed(
    database: sqlite3.Connection, name: str, rows: Iterator[tuple[int, str]], limit: int
) -> str:
    """Return entries as JSON text, as many as there is room for.

    :param rows: the seq of each, and its fields as JSON text; one more than the limit if there are
        more.
    """
    entries: list[str] = []
    room, has_more = MAX_BYTES, False
    seq_before, cause = -1, _Cause(None, "null")
    for seq, fields in rows:
        if seq != seq_before:
            seq_before, cause = seq, _cause(database, seq)
        entry = f'{{"seq":{seq},"at":{json.dumps(cause.at)},{fields},"input":{cause.text}}}'
        room -= len(entry.encode()) + 1
        if room < 0 or len(entries) == limit:
            has_more = True
            break
        entries.append(entry)
    return f'{{"{name}":[{",".join(entries)}],"more":{json.dumps(has_more)}}}'


def _cause(database: sqlite3.Connection, seq: int) -> _Cause:
    row = database.execute(
        "SELECT channel, id, iif(length(content) <= ?, content, NULL), (SELECT at FROM batches"
        " WHERE batches.seq >= decisions.seq ORDER BY batches.seq LIMIT 1)"
        " FROM decisions WHERE seq = ?",
        (MAX_INPUT, seq),
    ).fetchone()
    if row is None:  # an account was taken over meanwhile, in place of all decisions
        return _Cause(None, "null")
    channel, input_id, packed, at = row
    if packed is not None:
        try:
            return _Cause(at, _text(content.read(packed)))
        except (TypeError, ValueError):
            pass  # it holds what JSON cannot: an algorithm's own backtest may have written it
    return _Cause(at, _text({"channel": channel, "id": input_id}))


def _text(value: Any) -> str:
    # in ASCII: what came over MessagePack may hold half of a surrogate pair
    return json.dumps(value, allow_nan=False, separators=(",", ":"))

"""Reads what became of an input from a journal."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from algo_service.engine.inputs import kind_of
from algo_service.errors import TraceError
from algo_service.journal import codec, content
from algo_service.journal.reading import understood
from algo_service.journal.rows import decision
from algo_service.journal.standing import taken_over
from algo_service.trace.near import near_ids

Trace = dict[str, Any]
"""As contracts/trace.schema.json; also that of the RPC method `trace`."""


def read_traces(database: sqlite3.Connection, path: Path, name: str) -> list[Trace]:
    """Return a trace for each channel that has an input of this id.

    :param database: in the present layout.
    :param path: of the journal, for errors.
    :param name: the id of a quote, data or a command.
    :raises TraceError: if there is no such input; it names the nearest ids.
    :raises JournalError: if the journal cannot be read.
    """
    with understood(path):
        database.execute("BEGIN")  # all of one moment, while a service may write
        try:
            found = [
                _trace(database, seq, channel, name)
                for channel in _channels(database)
                for (seq,) in database.execute(
                    "SELECT seq FROM decisions WHERE channel = ? AND id = ?", (channel, name)
                ).fetchall()
            ]
            if not found:
                raise TraceError(_unknown(database, name))
        finally:
            database.execute("ROLLBACK")
    return sorted(found, key=lambda trace: trace["seq"])


def trace_of(path: Path, name: str) -> list[Trace]:
    """Return the same of a journal that this process has open: it is known to be in good health."""
    if type(name) is not str:
        raise TraceError(f"{name!r:.80} is no id: it has to be a text")
    with understood(path):
        database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    with closing(database):
        return read_traces(database, path, name)


def _channels(database: sqlite3.Connection) -> Iterator[str]:
    """Yield the channels, by the index of the keys: one step for each."""
    channel = ""
    while True:
        (channel,) = database.execute(
            "SELECT min(channel) FROM decisions WHERE channel > ?", (channel,)
        ).fetchone()
        if channel is None:
            return
        yield channel


def _trace(database: sqlite3.Connection, seq: int, channel: str, name: str) -> Trace:
    decided = decision(database, seq)
    outputs: Any = {} if "error" in decided else decided
    fills = [json.loads(text) for text in outputs.get("fills", ())]
    orders = [json.loads(text) for text in outputs.get("orders", ())]
    own = {order["id"] for order in orders}
    return {
        "algo": _algo(database),
        "channel": channel,
        "id": name,
        "kind": kind_of(channel),
        "seq": seq,
        "input": _input(database, seq),
        **_times(database, seq),
        "orders": [_order(database, seq, order, fills) for order in orders],
        "fills": [
            {"fill": fill, "placed": _placed(database, seq, fill["order_id"])}
            for fill in fills
            if fill["order_id"] not in own
        ],
        "data": outputs.get("data", []),
        "reply": json.loads(outputs["reply"]) if "reply" in outputs else None,
        "error": decided.get("error"),
    }


def _algo(database: sqlite3.Connection) -> str:
    (algo,) = database.execute("SELECT value FROM meta WHERE name = 'algo'").fetchone()
    return str(algo)


def _input(database: sqlite3.Connection, seq: int) -> dict[str, Any] | None:
    """Return the message; None where the journal keeps no inputs."""
    (kept,) = database.execute("SELECT content FROM decisions WHERE seq = ?", (seq,)).fetchone()
    return None if kept is None else content.read(kept)


def _times(database: sqlite3.Connection, seq: int) -> Trace:
    """Return when it was published, received, passed on, decided and confirmed, as far as known."""
    published = _first(
        database,
        "SELECT at FROM published WHERE seq <= :seq AND last >= :seq ORDER BY seq DESC LIMIT 1",
        seq,
    )
    confirmed = _first(
        database, "SELECT at FROM confirmed WHERE seq >= :seq ORDER BY seq LIMIT 1", seq
    )
    last, called, decided, *received = database.execute(
        "SELECT seq, at, decided, received, received_last FROM batches WHERE seq >= ?"
        " ORDER BY seq LIMIT 1",
        (seq,),
    ).fetchone()
    before = _first(
        database, "SELECT seq FROM batches WHERE seq < :seq ORDER BY seq DESC LIMIT 1", seq
    )
    taken = taken_over(database)
    first = taken.seq if taken else 0
    return {
        "published": _moment(published),
        "received": None if None in received else [_moment(at) for at in received],
        # an earlier layout has one time alone, and so has a decision of the algorithm before
        "called": None if decided is None else _moment(called),
        "decided": _moment(called if decided is None else decided),
        "confirmed": _moment(confirmed),
        "inputs": int(last - max(before or 0, first if seq > first else 0)),
        "is_taken_over": seq <= first,
    }


def _order(
    database: sqlite3.Connection, seq: int, order: dict[str, Any], own: list[dict[str, Any]]
) -> Trace:
    """Return an order, and its fills: of this decision, or of later ones."""
    fills = [{"fill": each, **_at(database, seq)} for each in own if _is_of(each, order)]
    filled = sum(each["fill"]["quantity"] for each in fills)
    if filled < order["quantity"]:
        rows = database.execute(
            "SELECT seq, text FROM fills WHERE seq > ? AND json_extract(text, '$.order_id') = ?"
            " ORDER BY seq, n",
            (seq, order["id"]),
        ).fetchall()
        fills += [{"fill": json.loads(text), **_at(database, later)} for later, text in rows]
    waits = not fills and order["quantity"] > 0 and order["id"] in _pending(database)
    return {"order": order, "fills": fills, "waits": waits}


def _is_of(fill: dict[str, Any], order: dict[str, Any]) -> bool:
    return bool(fill["order_id"] == order["id"])


def _pending(database: sqlite3.Connection) -> set[str]:
    """Return the ids of the orders that wait for a quote at present."""
    row = database.execute("SELECT value FROM state WHERE name = 'portfolio'").fetchone()
    state = codec.decode(row[0]) if row else {}
    return {fields[0] for fields in state.get("pending", ())}


def _placed(database: sqlite3.Connection, seq: int, order_id: str) -> Trace | None:
    """Return where the order was placed; None if this journal does not have it."""
    # from the end: most orders fill soon
    row = database.execute(
        "SELECT seq FROM orders WHERE seq < ? AND json_extract(text, '$.id') = ?"
        " ORDER BY seq DESC LIMIT 1",
        (seq, order_id),
    ).fetchone()
    return _at(database, row[0]) if row else None


def _at(database: sqlite3.Connection, seq: int) -> Trace:
    channel, name = database.execute(
        "SELECT channel, id FROM decisions WHERE seq = ?", (seq,)
    ).fetchone()
    return {"seq": seq, "channel": channel, "id": name, "decided": _times(database, seq)["decided"]}


def _first(database: sqlite3.Connection, query: str, seq: int) -> float | None:
    row = database.execute(query, {"seq": seq}).fetchone()
    return None if row is None else row[0]


def _moment(seconds: float | None) -> str | None:
    """Return a time as text, in UTC with milliseconds; None if there is none, or no such time."""
    if seconds is None:
        return None
    try:
        at = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _unknown(database: sqlite3.Connection, name: str) -> str:
    algo = _algo(database)
    owner = _owner(database, algo, name)
    if owner is not None:
        return f'"{name}" is the id of an order or a fill, of the input "{owner}": trace that'
    near = near_ids(database, _channels(database), name)
    sentence = f'{algo} has decided on no input with the id "{name}"'
    if not near:
        return sentence
    shown = " or ".join(f'"{each}"' for each in near)
    return f"{sentence}: did you mean {shown}?"


def _owner(database: sqlite3.Connection, algo: str, name: str) -> str | None:
    """Return the id of the input of an order or a fill: <algo>:<channel>:<id>:<n>."""
    key, _, n = name.removeprefix(f"{algo}:").rpartition(":")
    if not name.startswith(f"{algo}:") or not n.isdecimal():
        return None
    for channel in _channels(database):
        name = key.removeprefix(f"{channel}:")
        if (
            name != key
            and database.execute(
                "SELECT 1 FROM decisions WHERE channel = ? AND id = ?", (channel, name)
            ).fetchone()
        ):
            return name
    return None

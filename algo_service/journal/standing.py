"""Which journal a file is, how far it has come, and what was handed over."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from algo_service.journal.reading import open_to_read, understood
from algo_service.journal.store import Standing

ID = "journal"
EPOCH = "epoch"
HANDED_OVER = "handed_over"
"""Its value is the epoch."""
TAKEN_OVER = "taken_over"
"""Its value is a `TakenOver` as JSON. All of these are names in the table `meta`."""

NOTHING = Standing(None, 0, 0, False, None)
"""Of a file that is not there yet."""


class TakenOver(NamedTuple):
    """When the account of another algorithm was taken over."""

    epoch: int
    seq: int
    """The count of the decisions before, which the other one has made."""


def read(database: sqlite3.Connection) -> Standing:
    """Return the standing of a journal that is open."""
    names = (ID, EPOCH, HANDED_OVER, TAKEN_OVER)
    query = "SELECT name, value FROM meta WHERE name IN (?, ?, ?, ?)"
    meta: dict[str, str] = dict(database.execute(query, names))
    taken = taken_of(meta)
    (seq,) = database.execute("SELECT coalesce(max(seq), 0) FROM decisions").fetchone()
    return Standing(
        meta.get(ID),
        max(seq, taken.seq) if taken else seq,
        int(meta.get(EPOCH, 0)),
        HANDED_OVER in meta,
        taken.epoch if taken else None,
    )


def taken_over(database: sqlite3.Connection) -> TakenOver | None:
    """Return the last take-over; None if there was none."""
    query = "SELECT name, value FROM meta WHERE name = ?"
    return taken_of(dict(database.execute(query, (TAKEN_OVER,))))


def taken_of(meta: dict[str, str]) -> TakenOver | None:
    """Return the last take-over by the rows of the table `meta`; None if there was none."""
    value = meta.get(TAKEN_OVER)
    return TakenOver(*json.loads(value)) if value else None


def standing_of(path: Path) -> Standing:
    """Return the standing of a journal, also while a service has it open.

    :raises JournalError: if it cannot be read, or is not a journal.
    """
    if not path.exists() or path.stat().st_size == 0:
        return NOTHING
    with closing(open_to_read(path)) as database, understood(path):
        return read(database)

"""Which journal a file is, how far it has come, and how often it was handed over."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from algo_service.journal.reading import explained, open_to_read

ID = "journal"
EPOCH = "epoch"
"""Names in the table `meta`."""


class Standing(NamedTuple):
    """What tells whether two services mean one journal, and which of them had it last."""

    id: str | None
    """Random, made with the journal; None where there is none yet."""
    seq: int
    """The number of decisions."""
    epoch: int
    """Of the service that opened it last at a swap; 0 before the first one."""


NOTHING = Standing(None, 0, 0)
"""Of a file that is not there yet."""


def read(database: sqlite3.Connection) -> Standing:
    """Return the standing of a journal that is open."""
    meta = dict(database.execute("SELECT name, value FROM meta WHERE name IN (?, ?)", (ID, EPOCH)))
    (seq,) = database.execute("SELECT coalesce(max(seq), 0) FROM decisions").fetchone()
    return Standing(meta.get(ID), seq, int(meta.get(EPOCH, 0)))


def standing_of(path: Path) -> Standing:
    """Return the standing of a journal, also while a service has it open.

    :raises JournalError: if it cannot be read, or is not a journal.
    """
    if not path.exists() or path.stat().st_size == 0:
        return NOTHING
    with closing(open_to_read(path)) as database, explained(path):
        return read(database)

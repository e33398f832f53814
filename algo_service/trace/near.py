"""Ids of a journal that are like one that is not in it."""

from __future__ import annotations

import difflib
import sqlite3
from collections.abc import Iterable

MAX_SHOWN = 3

_BESIDE = 10
"""Ids before and behind it, in their order, on each channel: they begin as it does."""
_LATEST = 1000
"""Ids that are looked at whatever they begin with."""


def near_ids(database: sqlite3.Connection, channels: Iterable[str], name: str) -> list[str]:
    """Return the nearest ids, at most MAX_SHOWN, the nearest first."""
    known: set[str] = set()
    for channel in channels:
        for comparison, order in ((">", "ASC"), ("<", "DESC")):
            known |= _ids(
                database,
                f"SELECT id FROM decisions WHERE channel = ? AND id {comparison} ?"
                f" ORDER BY id {order} LIMIT {_BESIDE}",
                (channel, name),
            )
    for order in ("ASC", "DESC"):
        known |= _ids(database, f"SELECT id FROM decisions ORDER BY seq {order} LIMIT {_LATEST}")
    return difflib.get_close_matches(name, sorted(known), n=MAX_SHOWN)


def _ids(database: sqlite3.Connection, query: str, values: tuple[str, ...] = ()) -> set[str]:
    return {name for (name,) in database.execute(query, values)}

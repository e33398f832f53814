"""What a journal holds, for tests that compare two of them, or one with what was published."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

Records = dict[tuple[str, str], str]
"""Published texts by topic and id."""


class Ledger(NamedTuple):
    """All that is in a journal, but for the times of writing."""

    inputs: list[tuple[Any, ...]]
    """Channel, id and digest, in the order of the decisions."""
    records: Records
    """Orders, fills and replies."""
    rest: list[tuple[Any, ...]]
    """Failures, the portfolio by minutes, the state after the last decision, the parameters."""

    def ids(self, channel: str) -> list[str]:
        """The ids of a channel's inputs, in the order of the decisions."""
        return [id_ for of, id_, _ in self.inputs if of == channel]


def ledger(journal: Path) -> Ledger:
    """Read the journal of `random`, also while a service writes it."""
    with contextlib.closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as database:
        database.execute("BEGIN")  # all of it as of one moment
        inputs = database.execute("SELECT channel, id, digest FROM decisions ORDER BY seq")
        decided = inputs.fetchall()
        records = {
            (f"{table}/random", json.loads(text)["id"]): text
            for table in ("orders", "fills", "replies")
            for (text,) in database.execute(f"SELECT text FROM {table}")
        }
        rest = [
            (table, *row)
            for table in ("failures", "minutes", "state", "meta WHERE name <> 'journal'")
            for row in database.execute(f"SELECT * FROM {table}")
        ]
    return Ledger(decided, records, rest)

"""Keeps when inputs were published, received, decided and confirmed, beside the decisions."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Sequence

from algo_service.decisions import Batch
from algo_service.journal.store import CallTimes

MAX_NOTED = 1000
"""Confirmations that wait for a commit; beyond it the oldest are dropped."""

_NOTHING = CallTimes()


class Times:
    """The times of a journal that is open; nothing is decided by them.

    For each call the store calls `note`, then `write` in the transaction of the batch, and after it
    `written`. What is not written, because the transaction failed, is written with a later one.
    """

    def __init__(self, database: sqlite3.Connection):
        self._database = database
        self._call = _NOTHING
        self._noted: deque[tuple[int, float]] = deque(maxlen=MAX_NOTED)
        (self._last,) = database.execute("SELECT coalesce(max(seq), 0) FROM confirmed").fetchone()

    def note(self, times: CallTimes) -> None:
        """Record the times of the next batch, in place of those of the one before."""
        self._call = times
        self.note_confirmed(times.confirmed)

    def note_confirmed(self, confirmed: Sequence[tuple[int, float]]) -> None:
        """Record what the broker has confirmed, as `CallTimes.confirmed`."""
        self._noted.extend(confirmed)

    def write(self, batch: Batch, elapsed: float, decided: float) -> None:
        """Insert the times of a batch, and of the confirmations that are noted.

        :param elapsed: the seconds that services have run with this journal.
        :param decided: the present time, in seconds since 1970.
        """
        first = batch.seq - len(batch.inputs)
        received = self._call.received or (None, None)
        self._database.execute(
            "INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?)",
            (batch.seq, batch.at, elapsed, decided, *received),
        )
        if self._call.published:
            rows = _published(batch, first, self._call)
            self._database.executemany("INSERT INTO published VALUES (?, ?, ?)", rows)
        if self._noted:
            self.write_confirmed(first)

    def write_confirmed(self, seq: int) -> None:
        """Insert the confirmations that are noted; the first one of a decision counts.

        :param seq: the count of decisions; nothing beyond can be confirmed.
        """
        last, rows = self._last, []
        for confirmed, at in self._noted:
            if last < confirmed <= seq:
                rows.append((confirmed, at))
                last = confirmed
        self._database.executemany("INSERT INTO confirmed VALUES (?, ?)", rows)
        self._last_written = last

    def written(self) -> None:
        """Forget what was noted: the transaction with it has been committed."""
        if self._noted:
            self._last = self._last_written
            self._noted.clear()
        self._call = _NOTHING


def _published(batch: Batch, first: int, call: CallTimes) -> list[list[float]]:
    """Return rows of `published`; one stands for decisions in a row that have the same time."""
    rows: list[list[float]] = []
    for seq, each in enumerate(batch.inputs, first + 1):
        at = call.published.get(each[0])
        if at is None:
            continue
        if rows and rows[-1][1:] == [seq - 1, at]:
            rows[-1][1] = seq
        else:
            rows.append([seq, seq, at])
    return rows

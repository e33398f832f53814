"""What a journal keeps for running it again: inputs, batches, starts, and the state before them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from algo_service.decisions import Decision, Failure, Key, MinuteValue, State
from algo_service.errors import JournalError
from algo_service.journal import codec
from algo_service.journal.reading import open_to_read, understood
from algo_service.journal.rows import decisions_between
from algo_service.journal.standing import taken_of


class StoredInput(NamedTuple):
    """An input as it was decided, and its decision."""

    seq: int
    key: Key
    content: bytes
    decision: Decision | Failure


class StoredBatch(NamedTuple):
    """The inputs of one call."""

    inputs: list[StoredInput]
    at: float
    """The caller's time, in seconds since 1970."""
    is_first_of_start: bool
    """Whether a service has started since the batch before."""
    rollbacks: list[int]
    """The number of inputs of each attempt that could not be kept, before this batch was."""


class Recording:
    """A journal that is open to be run again; one thread uses and closes it.

    :raises JournalError: if it cannot be read, or keeps no inputs.
    """

    def __init__(self, path: Path):
        self._path = path
        self._database = open_to_read(path)
        try:
            with understood(path):
                self._read()
        except BaseException:
            self._database.close()
            raise

    def _read(self) -> None:
        database = self._database
        database.execute("BEGIN")  # all of one moment, while a service may write
        meta: dict[str, str] = dict(database.execute("SELECT name, value FROM meta"))
        origin = database.execute("SELECT seq, portfolio, algorithm FROM origin").fetchone()
        last = database.execute(
            "SELECT seq, content IS NOT NULL FROM decisions ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        if origin is None or last is None or not last[1]:
            raise JournalError(
                f"the journal {self._path} does not keep what it was decided from: decisions that a"
                " service makes from now on with --keep-inputs yes can be verified"
            )
        self.algo = meta["algo"]
        self.parameters: dict[str, Any] = json.loads(meta["parameters"])
        self.has_warm_up = "warm_up" in meta
        taken = taken_of(meta)
        self.first = int(origin[0])
        """The seq of the last decision before the first stored input."""
        self.begins_with_account = taken is not None and taken.seq == self.first
        """Whether the first stored input is the first one after an account was taken over."""
        self.last = int(last[0])
        self.before = State(*origin[1:])
        """The state before the first stored input."""
        self.spec = self._last_start()
        """What `--algo` of the service has named; empty if that is not known."""

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def batches(self) -> Iterator[StoredBatch]:
        """Yield the batches since the first stored input, in their order."""
        with understood(self._path):
            log = self._log()
            event = next(log, None)
            first = self.first
            ends = self._database.execute(
                "SELECT seq, at FROM batches WHERE seq > ? ORDER BY seq", (first,)
            )
            for seq, at in ends:
                starts, rollbacks = 0, []
                while event is not None and event[0] <= first:
                    starts += event[1] == "start"
                    if event[1] == "rollback":
                        rollbacks.append(int(json.loads(event[2])["inputs"]))
                    event = next(log, None)
                yield StoredBatch(self._inputs(first, seq), at, starts > 0, rollbacks)
                first = seq

    def minutes(self) -> list[MinuteValue]:
        """Return what the portfolio was worth, by minute of quote time."""
        with understood(self._path):
            rows = self._database.execute(
                "SELECT minute, equity, cash, exposure FROM minutes ORDER BY minute"
            )
            return [MinuteValue(*row) for row in rows]

    def portfolio(self) -> dict[str, Any]:
        """Return the state of the portfolio after the last decision, as its `save` gave it."""
        with understood(self._path):
            (packed,) = self._database.execute(
                "SELECT value FROM state WHERE name = 'portfolio'"
            ).fetchone()
        state: dict[str, Any] = codec.decode(packed)
        return state

    def _inputs(self, after: int, last: int) -> list[StoredInput]:
        return [
            StoredInput(seq, key, content, decision)
            for seq, key, content, _, decision in decisions_between(self._database, after, last)
            if content is not None  # each has one, since the origin
        ]

    def _log(self) -> sqlite3.Cursor:
        return self._database.execute(
            "SELECT seq, kind, text FROM log WHERE seq >= ? AND kind IN ('start', 'rollback')"
            " ORDER BY rowid",
            (self.first,),
        )

    def _last_start(self) -> str:
        row = self._database.execute(
            "SELECT text FROM log WHERE kind = 'start' ORDER BY rowid DESC LIMIT 1"
        ).fetchone()
        return str(row[0]) if row else ""

"""The journal: every decision and the state after the last, in one SQLite file.

docs/reference/journal.md documents the tables; journal/file.py opens the file itself.
One thread opens, uses and closes it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from algo_service.decisions import Decision, Entry, Failure, Key, State
from algo_service.errors import JournalError
from algo_service.journal.file import JournalFile, explained
from algo_service.journal.store import StoredRun, StoredWarmUp, WarmUp

# Variables of one statement; SQLite takes 32,766 since 3.32.
_MAX_IDS = 1000


class SqliteStore:
    """A decision store on disk, which is this process' alone while it is open.

    :param path: the file; made, with its folder, if it is not there.
    :param algo: the algorithm's name; a journal of another one is refused.
    :param clock: seconds since the epoch, for the time at which a decision was kept.
    :param accept_incomplete: continue with a copy that was made without its -wal file.
    :raises JournalError: if another process has it open, or it is not a journal of this
        algorithm and version, or damaged, or incomplete; the file is then unchanged.
    """

    def __init__(
        self,
        path: Path,
        algo: str,
        clock: Callable[[], float] = time.time,
        accept_incomplete: bool = False,
    ):
        self._path = path
        self._clock = clock
        self._file = JournalFile(path, accept_incomplete)
        self._db = self._file.database
        try:
            with self._explained():
                self._check(algo)
                self._written = self._read_state()
            self._file.begin()
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Close the file and let others open it."""
        self._file.close()

    def stored_run(self) -> StoredRun | None:
        """Return what it holds, or None before the first decision."""
        with self._explained():
            last = self._db.execute(
                "SELECT seq, quote_id FROM decisions ORDER BY seq DESC LIMIT 1"
            ).fetchone()
            if last is None:
                return None
            (parameters,) = self._db.execute(
                "SELECT value FROM meta WHERE name = 'parameters'"
            ).fetchone()
        return StoredRun(json.loads(parameters), self._written, *last)

    def stored_warm_up(self) -> StoredWarmUp | None:
        """Return the warm-up that it holds, if there is one."""
        with self._explained():
            row = self._db.execute("SELECT value FROM meta WHERE name = 'warm_up'").fetchone()
        return StoredWarmUp(WarmUp(**json.loads(row[0])), self._written) if row else None

    def keep_warm_up(self, warm_up: WarmUp | None, state: State) -> None:
        """Keep a warm-up and the state after it, in one transaction, in place of any other."""
        with self._explained(), self._transaction():
            # the parameters of the journal come with its first decision: until then others may do
            self._db.execute("DELETE FROM meta WHERE name = 'warm_up'")
            if warm_up is not None:
                text = json.dumps(warm_up._asdict())
                self._db.execute("INSERT INTO meta VALUES ('warm_up', ?)", (text,))
            self._write_state(state)
        self._written = state
        self._file.keep_up()

    def find(self, keys: Iterable[Key]) -> dict[Key, Entry]:
        """Return the stored decisions on quotes with these keys."""
        ids: dict[str, list[str]] = {}
        for channel, quote_id in keys:
            ids.setdefault(channel, []).append(quote_id)
        with self._explained():
            return {
                (channel, row[0]): self._entry(channel, *row)
                for channel, listed in ids.items()
                for start in range(0, len(listed), _MAX_IDS)
                for row in self._rows(channel, listed[start : start + _MAX_IDS])
            }

    def _rows(self, channel: str, ids: list[str]) -> list[tuple[Any, ...]]:
        # one statement for many: a third of the time that one for each takes
        marks = ",".join("?" * len(ids))
        return self._db.execute(
            "SELECT quote_id, seq, digest, error, traceback FROM decisions"
            f" WHERE channel = ? AND quote_id IN ({marks})",
            (channel, *ids),
        ).fetchall()

    def _entry(
        self, channel: str, quote_id: str, seq: int, digest: bytes, error: str | None, trace: str
    ) -> Entry:
        return (channel, quote_id), digest, self._decision(seq, error, trace)

    def commit(
        self, parameters: dict[str, Any], entries: Sequence[Entry], state: State, seq: int
    ) -> None:
        """Keep the decisions of one batch and the state after it, in one transaction."""
        at = self._clock()
        decisions: list[tuple[Any, ...]] = []
        failures: list[tuple[Any, ...]] = []
        orders: list[tuple[int, int, str]] = []
        fills: list[tuple[int, int, str]] = []
        for number, ((channel, quote_id), digest, decision) in enumerate(
            entries, seq - len(entries) + 1
        ):
            if "error" in decision:
                failed = decision["error"], decision["traceback"]
                failures.append((number, channel, quote_id, digest, at, *failed))
                continue
            decisions.append((number, channel, quote_id, digest, at))
            for n, text in enumerate(decision["orders"]):
                orders.append((number, n, text))
            for n, text in enumerate(decision["fills"]):
                fills.append((number, n, text))
        with self._explained(), self._transaction():
            if seq == len(entries):
                self._db.execute(
                    "INSERT INTO meta VALUES ('parameters', ?)", (json.dumps(parameters),)
                )
            self._db.executemany(
                "INSERT INTO decisions VALUES (?, ?, ?, ?, ?, NULL, NULL)", decisions
            )
            self._db.executemany("INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?)", failures)
            self._db.executemany("INSERT INTO orders VALUES (?, ?, ?)", orders)
            self._db.executemany("INSERT INTO fills VALUES (?, ?, ?)", fills)
            self._write_state(state)
        self._written = state
        self._file.keep_up()

    def keep_reset(self, seq: int, halt: str, state: State) -> None:
        """Keep a reset by a person, and the state after it, in one transaction."""
        with self._explained(), self._transaction():
            self._db.execute("INSERT INTO resets VALUES (?, ?, ?)", (seq, self._clock(), halt))
            self._write_state(state)
        self._written = state
        self._file.keep_up()

    def outputs_since(self, seconds: float, after: int, limit: int) -> list[tuple[int, Decision]]:
        """Return the decisions of the last `seconds` before the latest one, with their seq.

        Counted back from the latest decision, not from now: what was published last is in it
        however long ago that was.

        :param after: only decisions with a greater seq.
        :param limit: the maximum number of decisions.
        """
        with self._explained():
            before = self._db.execute(
                # walks back through the window alone, because time grows with seq
                "SELECT seq FROM decisions WHERE at <"
                " (SELECT at FROM decisions ORDER BY seq DESC LIMIT 1) - ?"
                " ORDER BY seq DESC LIMIT 1",
                (seconds,),
            ).fetchone()
            start = max(after, before[0] if before else 0)
            rows = self._db.execute(
                "SELECT seq FROM orders WHERE seq > :start"
                " UNION SELECT seq FROM fills WHERE seq > :start ORDER BY seq LIMIT :limit",
                {"start": start, "limit": limit},
            ).fetchall()
            return [(seq, self._outputs(seq)) for (seq,) in rows]

    def _decision(self, seq: int, error: str | None, traceback: str | None) -> Decision | Failure:
        if error is not None:
            return {"error": error, "traceback": traceback or ""}
        return self._outputs(seq)

    def _outputs(self, seq: int) -> Decision:
        return {"orders": self._texts("orders", seq), "fills": self._texts("fills", seq)}

    def _texts(self, table: str, seq: int) -> list[str]:
        rows = self._db.execute(f"SELECT text FROM {table} WHERE seq = ? ORDER BY n", (seq,))
        return [text for (text,) in rows]

    def _write_state(self, state: State) -> None:
        for name, value, written in zip(State._fields, state, self._written, strict=True):
            if value is not None and value != written:
                self._db.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (name, value))

    def _read_state(self) -> State:
        rows = dict(self._db.execute("SELECT name, value FROM state"))
        return State(rows.get("portfolio"), rows.get("algorithm"))

    def _check(self, algo: str) -> None:
        (owner,) = self._db.execute("SELECT value FROM meta WHERE name = 'algo'").fetchone() or (
            None,
        )
        if owner is None:
            with self._transaction():
                self._db.execute("INSERT INTO meta VALUES ('algo', ?)", (algo,))
        elif owner != algo:
            raise JournalError(
                f"the journal {self._path} is that of the algorithm {owner}, not of {algo}:"
                " give each its own"
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            # SQLite has rolled back by itself after some errors, a full disk among them
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _explained(self) -> AbstractContextManager[None]:
        return explained(self._path)

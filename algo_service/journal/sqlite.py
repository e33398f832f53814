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

from algo_service.decisions import Batch, Decision, Failure, Key, State
from algo_service.errors import JournalError
from algo_service.journal import standing
from algo_service.journal.content import encode, fingerprint
from algo_service.journal.file import JournalFile
from algo_service.journal.reading import explained, understood
from algo_service.journal.rows import QUOTES, known_of, outputs, recent
from algo_service.journal.store import (
    CallTimes,
    Known,
    Recent,
    Standing,
    StoredRun,
    StoredWarmUp,
    TakeOver,
    WarmUp,
)
from algo_service.journal.times import Times
from algo_service.journal.writing import insert_inputs, insert_outputs, replace_all

# Variables of one statement; SQLite takes 32,766 since 3.32.
_MAX_IDS = 1000

_MAX_ROLLBACKS = 1000
"""Rolled back batches that are recorded between two commits; of others there are only too many."""


class SqliteStore:
    """A decision store on disk, which is this process' alone while it is open.

    :param path: the file; made, with its folder, if it is not there.
    :param algo: the algorithm's name; a journal of another one is refused.
    :param accept_incomplete: continue with a copy that was made without its -wal file.
    :param keep_inputs: keep what the decisions were made from, so that they can be verified.
    :param clock: seconds since 1970, for the log.
    :param monotonic: seconds of a clock that nobody sets.
    :param on_committed: called with the seconds that a commit of decisions has taken.
    :raises JournalError: if another process has it open, or it is not a journal of this
        algorithm and of a known layout, or damaged, or incomplete; the file is then unchanged.
    """

    is_durable = True

    def __init__(
        self,
        path: Path,
        algo: str,
        *,
        accept_incomplete: bool = False,
        keep_inputs: bool = True,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        on_committed: Callable[[float], None] = lambda _seconds: None,
    ):
        self._path = path
        self._clock = clock
        self._monotonic = monotonic
        self._on_committed = on_committed
        self._keeps_inputs = keep_inputs
        self.content_of = encode if keep_inputs else fingerprint
        self._rollbacks: list[dict[str, Any]] = []
        self._file = JournalFile(path, accept_incomplete)
        self._db = self._file.database
        try:
            with understood(path):
                self._check(algo)
            self._file.begin()
            with understood(path):
                self._written = self._read_state()
                self._has_origin = self._is_repeatable()
                self._older = self._read_older()
                self._times = Times(self._db)
                # counted on from the last service's, whose clock had another beginning
                self._elapsed_before = self._last_elapsed() - monotonic()
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Close the file and let others open it."""
        self._file.close()

    def stored_run(self) -> StoredRun | None:
        """Return what it holds, or None before the first decision."""
        with understood(self._path):
            seq = standing.read(self._db).seq
            taken = standing.taken_over(self._db)
            if not seq and taken is None:
                return None
            (parameters,) = self._db.execute(
                "SELECT value FROM meta WHERE name = 'parameters'"
            ).fetchone()
            quote = self._db.execute(
                f"SELECT id FROM decisions WHERE {QUOTES} ORDER BY seq DESC LIMIT 1"
            ).fetchone()
            query = "SELECT max(minute), max(equity) FROM minutes"
            minute, peak = self._db.execute(query).fetchone()
            last = quote[0] if quote else None
            first = taken.seq if taken else 0
            given = json.loads(parameters)
            if "seed" not in given:
                raise ValueError("its parameters have no seed")
            return StoredRun(given, self._written, seq, last, minute, first, peak)

    def stored_warm_up(self) -> StoredWarmUp | None:
        """Return the warm-up that it holds, if there is one."""
        with understood(self._path):
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

    def find(self, keys: Iterable[Key]) -> dict[Key, Known]:
        """Return what it holds of inputs with these keys."""
        ids: dict[str, list[str]] = {}
        for channel, input_id in keys:
            ids.setdefault(channel, []).append(input_id)
        with self._explained():
            return {
                (channel, input_id): known
                for channel, listed in ids.items()
                for start in range(0, len(listed), _MAX_IDS)
                for input_id, known in known_of(
                    self._db, channel, listed[start : start + _MAX_IDS], self._older
                )
            }

    def commit(self, batch: Batch) -> None:
        """Keep the decisions of one batch and the state after it, in one transaction."""
        began = time.perf_counter()
        first = batch.seq - len(batch.inputs)
        keeps = self._keeps_inputs
        with self._explained(), self._transaction():
            if first == 0:
                self._write_meta("parameters", json.dumps(batch.parameters))
            if keeps and not self._has_origin:
                self._db.execute("DELETE FROM origin")
                self._db.execute("INSERT INTO origin VALUES (?, ?, ?)", (first, *batch.before))
            self._log_rollbacks(first)
            insert_inputs(self._db, batch.inputs, first, keeps)
            insert_outputs(self._db, enumerate(batch.decisions, first + 1))
            self._db.executemany(
                "INSERT OR REPLACE INTO minutes VALUES (?, ?, ?, ?)", batch.minutes
            )
            self._write_state(batch.after)
            elapsed = self._elapsed_before + self._monotonic()
            self._times.write(batch, elapsed, self._clock())
        self._written = batch.after
        self._has_origin = keeps
        self._rollbacks.clear()
        self._times.written()
        self._file.keep_up()
        self._on_committed(time.perf_counter() - began)

    def note_call(self, times: CallTimes) -> None:
        """Record the times of the next batch, and what was confirmed of those before."""
        self._times.note(times)

    def keep_confirmed(self, confirmed: Sequence[tuple[int, float]]) -> None:
        """Keep what was confirmed, as in `CallTimes`, now: no batch may come for a long time."""
        self._times.note_confirmed(confirmed)
        with self._explained(), self._transaction():
            self._times.write_confirmed(standing.read(self._db).seq)
        self._times.written()
        self._file.keep_up()

    def note_start(self, spec: str) -> None:
        """Record that a service continues from here, with this algorithm."""
        with self._explained(), self._transaction():
            self._write_log(standing.read(self._db).seq, "start", spec)
        self._file.keep_up()

    def standing(self) -> Standing:
        """Return which journal this is, its number of decisions and its epoch."""
        with self._explained():
            return standing.read(self._db)

    def note_acquired(self, epoch: int) -> None:
        """Record that this service was given the journal.

        :param epoch: newer than the one that it has, or the same.
        """
        with self._explained(), self._transaction():
            self._write_meta(standing.EPOCH, epoch)
            self._log_hand_over("acquired", epoch)
        self._file.keep_up()

    def note_released(self) -> None:
        """Record that this service gives the journal away."""
        with self._explained(), self._transaction():
            self._log_hand_over("released", standing.read(self._db).epoch)

    def note_handed_over(self, epoch: int, text: str) -> None:
        """Record that the account was handed over."""
        with self._explained(), self._transaction():
            self._write_meta(standing.EPOCH, epoch)
            self._write_meta(standing.HANDED_OVER, epoch)
            self._write_log(standing.read(self._db).seq, "handed_over", text)
        self._file.keep_up()

    def note_taken_back(self, epoch: int) -> None:
        """Record the epoch, and that the algorithm decides again."""
        with self._explained(), self._transaction():
            self._write_meta(standing.EPOCH, epoch)
            self._db.execute("DELETE FROM meta WHERE name = ?", (standing.HANDED_OVER,))
            self._log_hand_over("taken_back", epoch)
        self._file.keep_up()

    def _log_hand_over(self, kind: str, epoch: int) -> None:
        self._write_log(standing.read(self._db).seq, kind, json.dumps({"epoch": epoch}))

    def recent(self) -> list[Recent]:
        """Return the latest decisions, in their order."""
        with self._explained():
            return recent(self._db, self._elapsed_before + self._monotonic())

    def take_over(self, taken: TakeOver) -> None:
        """Keep what was taken over, in one transaction, in place of all decisions."""
        with self._explained(), self._transaction():
            replace_all(self._db, taken.recent, self._elapsed_before + self._monotonic())
            self._write_meta("parameters", json.dumps(taken.parameters))
            self._write_meta(standing.EPOCH, taken.epoch)
            self._write_meta(standing.TAKEN_OVER, json.dumps([taken.epoch, taken.seq]))
            self._write_state(taken.state)
            self._write_log(taken.seq, "taken_over", taken.text)
        self._written = taken.state
        self._times = Times(self._db)
        self._file.keep_up()

    def note_rollback(self, inputs: int, error: str) -> None:
        """Record that a batch was undone, with the next commit: now may be the wrong moment."""
        if len(self._rollbacks) < _MAX_ROLLBACKS:
            self._rollbacks.append({"inputs": inputs, "error": error})

    def outputs_since(
        self, seconds: float, after: int, limit: int
    ) -> list[tuple[int, Decision | Failure]]:
        """Return the decisions with outputs from `seconds` before the latest confirmed one."""
        with self._explained():
            before = self._db.execute(
                # walks back through the window alone, because time grows with seq
                "SELECT seq FROM batches WHERE elapsed <"
                " (SELECT elapsed FROM batches WHERE seq >= coalesce("
                "(SELECT max(seq) FROM confirmed), (SELECT max(seq) FROM batches))"
                " ORDER BY seq LIMIT 1) - ? ORDER BY seq DESC LIMIT 1",
                (seconds,),
            ).fetchone()
            start = max(after, before[0] if before else 0)
            return outputs(self._db, start, limit)

    def _log_rollbacks(self, seq: int) -> None:
        for each in self._rollbacks:
            self._write_log(seq, "rollback", json.dumps(each))

    def _write_log(self, seq: int, kind: str, text: str) -> None:
        self._db.execute("INSERT INTO log VALUES (?, ?, ?, ?)", (seq, self._clock(), kind, text))

    def _write_meta(self, name: str, value: object) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, str(value)))

    def _write_state(self, state: State) -> None:
        for name, value, written in zip(State._fields, state, self._written, strict=True):
            if value is not None and value != written:
                self._db.execute("INSERT OR REPLACE INTO state VALUES (?, ?)", (name, value))

    def _read_state(self) -> State:
        rows = dict(self._db.execute("SELECT name, value FROM state"))
        return State(rows.get("portfolio"), rows.get("algorithm"))

    def _is_repeatable(self) -> bool:
        """Whether every input since the origin is kept."""
        last = self._db.execute(
            "SELECT content IS NOT NULL FROM decisions ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        (origins,) = self._db.execute("SELECT count(*) FROM origin").fetchone()
        return bool(last and last[0] and origins)

    def _read_older(self) -> int:
        """Return the seq of the last decision that an earlier layout has kept."""
        row = self._db.execute("SELECT value FROM meta WHERE name = 'older'").fetchone()
        return int(row[0]) if row else 0

    def _last_elapsed(self) -> float:
        row = self._db.execute("SELECT elapsed FROM batches ORDER BY seq DESC LIMIT 1").fetchone()
        return float(row[0]) if row else 0.0

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

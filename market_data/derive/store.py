"""What a service has taken, where it stands and what it has still to publish: one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from market_data.derive.transformation import Output
from market_data.errors import StateFileError
from market_data.private_files import ensure_file, keep_private

MAX_KEYS = 500_000
"""Keys in each of two tables. When the newer one is full, the older one is emptied and becomes the
newer one: at least so many of the latest quotes are known again, and at most twice as many. A
broker that was killed may deliver those of its last 20 seconds once more."""

_APPLICATION = 0x54574456  # "TWDV"
_LAYOUT = 2
"""In layout 1 the content of a key was a checksum of the instrument, the price and the time alone.
Of those keys it is NULL now, and the key alone decides."""

_SCHEMA = """
    CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
    CREATE TABLE inputs_0 (channel TEXT, id TEXT, content INTEGER, PRIMARY KEY (channel, id))
        WITHOUT ROWID;
    CREATE TABLE inputs_1 (channel TEXT, id TEXT, content INTEGER, PRIMARY KEY (channel, id))
        WITHOUT ROWID;
    CREATE TABLE state (part TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
    CREATE TABLE outputs (seq INTEGER PRIMARY KEY, topic TEXT, text TEXT);
"""
# Seconds for which a file that is in use is tried: that of a killed process is free at its end.
_PATIENCE = 2.0

Known = Literal["new", "again", "other"]
"""Whether a key is new, was noted before, or was noted with other content."""


class Store:
    """The state of one service. One thread opens, uses and closes it.

    The caller calls `begin`, then `note` for each quote, and `commit`: the keys, the state after
    them and the outputs are on the disk together, or nothing of them is.

    :param path: the file, made if it is not there; None keeps all in memory.
    :param kind: of the transformation; a file of another kind is refused.
    :raises StateFileError: if it cannot be used, or another process has it open. All methods raise
        it where the file cannot be read or written.
    """

    def __init__(self, path: Path | None, kind: str):
        self._path = path
        with self._explained():
            if path is not None:
                ensure_file(path)
            self._db = sqlite3.connect(path or ":memory:", _PATIENCE, isolation_level=None)
            try:
                self._open(kind)
            except BaseException:
                self._db.close()
                raise

    def _open(self, kind: str) -> None:
        # before the first access: the file is this process' alone while it is open
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()
        (application,) = self._db.execute("PRAGMA application_id").fetchone()
        if application != _APPLICATION and (tables or application):
            raise self._unfit("it is a database of something else", "a state of this command")
        self._db.execute("PRAGMA journal_mode = WAL")
        # a commit is on the disk before the broker hears that its quotes are taken
        self._db.execute("PRAGMA synchronous = FULL")
        if not tables:
            self._make(kind)
        (layout,) = self._db.execute("PRAGMA user_version").fetchone()
        if layout == 1:
            layout = self._migrate()
        if layout != _LAYOUT:
            raise self._unfit(f"it is of layout {layout}", f"layout {_LAYOUT}")
        meta_of = dict(self._db.execute("SELECT name, value FROM meta"))
        if meta_of["kind"] != kind:
            raise self._unfit(f"it is a state of {meta_of['kind']}", f"one of {kind}")
        if self._path is not None:
            real = self._path.resolve()
            beside = (real.with_name(f"{real.name}{suffix}") for suffix in ("-wal", "-shm"))
            keep_private(f"the state {self._path}", [real, *beside])
        self._use(meta_of["newer"])
        (self._count,) = self._db.execute(f"SELECT count(*) FROM {self._newer}").fetchone()
        (self._seq,) = self._db.execute("SELECT ifnull(max(seq), 0) FROM outputs").fetchone()

    def _make(self, kind: str) -> None:
        self._db.execute("BEGIN EXCLUSIVE")
        for statement in _SCHEMA.split(";"):
            self._db.execute(statement)
        self._db.execute(f"PRAGMA application_id = {_APPLICATION}")
        self._db.execute(f"PRAGMA user_version = {_LAYOUT}")
        self._db.executemany("INSERT INTO meta VALUES (?, ?)", [("kind", kind), ("newer", 0)])
        self._db.execute("COMMIT")

    def _migrate(self) -> int:
        self._db.execute("BEGIN EXCLUSIVE")
        for table in ("inputs_0", "inputs_1"):
            self._db.execute(f"UPDATE {table} SET content = NULL")
        self._db.execute(f"PRAGMA user_version = {_LAYOUT}")
        self._db.execute("COMMIT")
        return _LAYOUT

    def _use(self, newer: int) -> None:
        self._newer, self._older = f"inputs_{newer}", f"inputs_{1 - newer}"
        self._insert = f"INSERT OR IGNORE INTO {self._newer} VALUES (?, ?, ?)"
        find = "SELECT content FROM {} WHERE channel = ? AND id = ?"
        self._find_newer, self._find_older = find.format(self._newer), find.format(self._older)

    def parts(self) -> dict[str, str]:
        """Return the state as it was committed."""
        with self._explained():
            return dict(self._db.execute("SELECT part, value FROM state"))

    def begin(self) -> None:
        """Begin what the next `commit` ends."""
        with self._explained():
            self._db.execute("BEGIN IMMEDIATE")

    def note(self, channel: str, own_id: str, content: int) -> Known:
        """Note the key of a quote, unless it is known.

        :param content: a digest of 64 bits, to tell another quote with the same key.
        """
        key = channel, own_id
        with self._explained():
            found = self._db.execute(self._find_older, key).fetchone()
            if found is None:
                if self._db.execute(self._insert, (*key, content)).rowcount:
                    self._count += 1
                    return "new"
                found = self._db.execute(self._find_newer, key).fetchone()
        return "again" if found[0] in (content, None) else "other"

    def commit(
        self, parts: Mapping[str, str], outputs: Iterable[Output], oldest: int | None
    ) -> range:
        """Keep what was noted, the state after it, and what is to be published.

        :param oldest: outputs before this number need not be published again; None forgets none.
        :return: the numbers of the outputs, in their order.
        """
        before = self._seq
        rows = []
        for output in outputs:
            self._seq += 1
            rows.append((self._seq, *output))
        with self._explained():
            if self._count >= MAX_KEYS:
                self._turn_over()
            if oldest is not None:
                self._db.execute("DELETE FROM outputs WHERE seq < ?", (oldest,))
            self._db.executemany("INSERT OR REPLACE INTO state VALUES (?, ?)", parts.items())
            self._db.executemany("INSERT INTO outputs VALUES (?, ?, ?)", rows)
            self._db.execute("COMMIT")
        return range(before + 1, self._seq + 1)

    def _turn_over(self) -> None:
        self._db.execute(f"DELETE FROM {self._older}")
        self._use(int(self._older[-1]))
        self._db.execute("UPDATE meta SET value = ? WHERE name = 'newer'", (int(self._newer[-1]),))
        self._count = 0

    def outputs(self) -> Iterator[tuple[int, Output]]:
        """Yield what is to be published again, with its numbers, in order; no commit meanwhile."""
        query = "SELECT seq, topic, text FROM outputs WHERE seq > ? ORDER BY seq LIMIT 1000"
        last = 0
        while True:
            with self._explained():
                rows = self._db.execute(query, (last,)).fetchall()
            if not rows:
                return
            for last, topic, text in rows:
                yield last, Output(topic, text)

    def close(self) -> None:
        """Close the file and let others open it."""
        self._db.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
                found = "another process has it open"
                raise self._unfit(found, "a file of one process") from error
            found = str(error)
            expected = "a state of this command, or a file that can be made, on a local disk"
            raise self._unfit(found, expected) from error

    def _unfit(self, found: str, expected: str) -> StateFileError:
        return StateFileError(str(self._path or "the state in memory"), found, expected)

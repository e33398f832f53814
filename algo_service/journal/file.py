"""The file of a journal: its lock, its layout, and when the -wal is copied into it."""

from __future__ import annotations

import fcntl
import glob
import logging
import os
import sqlite3
from pathlib import Path

from algo_service.errors import JournalError
from algo_service.journal import layout
from algo_service.journal.backup import write_copy
from algo_service.journal.mark import ALL, PART, beside, incomplete, lock_file, read_mark
from algo_service.journal.reading import check_file, explained
from market_data.private_files import ensure_file, keep_private, make_folder, open_lock

log = logging.getLogger(__name__)

CHECKPOINT_FRAMES = 1000
"""Pages in the -wal that are worth a checkpoint: SQLite's own default, which is off here."""


class JournalFile:
    """A journal's database, which is this process' alone while it is open.

    :param path: the file; made, with its folder, if it is not there.
    :param accept_incomplete: continue with an incomplete journal.
    :raises JournalError: if another process has it open, or it is not a journal of a known
        version, or damaged, or incomplete; the file is then unchanged.
    """

    def __init__(self, path: Path, accept_incomplete: bool = False):
        self.path = path
        self._wal: int | None = None
        self._may_be_part = False
        self._limit = CHECKPOINT_FRAMES
        self._lock = _lock(path)
        try:
            objection = incomplete(path)
            if objection and not accept_incomplete:
                raise JournalError(
                    f"{objection}; or continue without it: --accept-incomplete-journal"
                )
            if objection:
                log.warning("continuing, as --accept-incomplete-journal asks: %s", objection)
            with explained(path):
                self.database = _open(path, may_be_empty=accept_incomplete)
        except BaseException:
            os.close(self._lock)
            raise

    def begin(self) -> None:
        """Mark the file as in use, after all checks."""
        self._keep_private()
        with explained(self.path):
            self._migrate()
            (self._page_size,) = self.database.execute("PRAGMA page_size").fetchone()
            self._checkpoint()

    def keep_up(self) -> None:
        """Copy the -wal into the main file if it has become long; call it after each commit.

        An error here is logged, and the checkpoint is tried again: the commit is kept all the same.
        """
        if not self._may_be_part and not self._is_long():
            return
        try:
            self._checkpoint()
        except (sqlite3.Error, OSError) as error:
            log.warning("the journal %s: no checkpoint: %s; trying again", self.path, error)

    def close(self) -> None:
        """Close the file and let others open it."""
        if self._may_be_part:
            self.keep_up()
        self.database.close()  # copies the -wal into the main file if nobody else has it open
        if self._wal is not None:
            os.close(self._wal)
        os.close(self._lock)

    def _checkpoint(self) -> None:
        # the two steps of mark.py
        holds, number = read_mark(self.database)
        self._may_be_part = True
        if holds == ALL:
            number += 1
        self._sign(number)
        if holds == ALL:
            query = "UPDATE main_file SET holds = ?, generation = ?"
            self.database.execute(query, (PART, number))
        salts = self._salts()
        # PASSIVE does not wait: while someone reads an older state, the next commit tries again
        query = "PRAGMA wal_checkpoint(PASSIVE)"
        busy, frames, copied = self.database.execute(query).fetchone()
        if busy or copied < frames:
            return
        self.database.execute("UPDATE main_file SET holds = ?", (ALL,))
        self._may_be_part = False
        self._sign(None)
        # while a reader uses the -wal, SQLite does not restart it, but appends
        restarted = self._salts() != salts
        self._limit = CHECKPOINT_FRAMES if restarted else frames + CHECKPOINT_FRAMES

    def _is_long(self) -> bool:
        # sqlite.org/fileformat2.html#walformat: a frame with the header's salts belongs to what was
        # written since the last restart; others are left over from before.
        frame = self._limit - 1
        at = 32 + frame * (24 + self._page_size) + 8
        salts = os.pread(self._wal_descriptor(), 8, at)
        return len(salts) == 8 and salts == self._salts()

    def _salts(self) -> bytes:
        return os.pread(self._wal_descriptor(), 8, 16)

    def _wal_descriptor(self) -> int:
        if self._wal is None:
            self._wal = os.open(beside(self.path), os.O_RDONLY)
        return self._wal

    def _sign(self, number: int | None) -> None:
        """Write our process into the lock file, and the mark that is under way."""
        # of one length, in one write: no kill leaves half of it
        text = f"{os.getpid():<20}\n{'' if number is None else number:<20}\n"
        os.pwrite(self._lock, text.encode(), 0)
        if number is not None:
            os.fsync(self._lock)  # it outlives a loss of power that the mark outlives

    def _keep_private(self) -> None:
        """Take the files from all but their owner: earlier versions left them to the umask."""
        real = self.path.resolve()
        files = [real, beside(real), beside(real, "-shm"), lock_file(real)]
        copies = real.parent.glob(f"{glob.escape(real.name)}.layout-*")
        keep_private(f"the journal {self.path}", [*files, *copies])

    def _migrate(self) -> None:
        version = layout.layout_of(self.database)
        if version == layout.LAYOUT:
            return
        copy = beside(self.path, f".layout-{version}")
        # one that is there is of a migration that did not end, or of an earlier one
        write_copy(self.database, copy)
        log.info(
            "the journal %s is of layout %d, and is migrated to layout %d; %s is a copy of it as it"
            " was",
            self.path,
            version,
            layout.LAYOUT,
            copy,
        )
        layout.migrate(self.database)


def _lock(path: Path) -> int:
    """Take the lock file beside the journal; the system frees it, however the process ends.

    Not a lock on the database itself: others may read that at any time.
    """
    file = lock_file(path)
    try:
        make_folder(path.parent)
        lock = open_lock(file)
    except OSError as error:
        raise JournalError(f"cannot write {file}: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(lock, 20, 0).decode(errors="replace").strip()
        os.close(lock)
        raise JournalError(
            f"the journal {path} is in use by another service (process {holder or 'unknown'}):"
            " one journal belongs to one service"
        ) from None
    return lock


def _open(path: Path, may_be_empty: bool) -> sqlite3.Connection:
    ensure_file(path)
    database = sqlite3.connect(path, isolation_level=None)
    try:
        # read by SQLite, which first takes back what a kill has left half written
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        if pages:
            check_file(database, path)
        # each commit is on the disk before it is answered
        database.execute("PRAGMA synchronous = FULL")
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if not tables and (may_be_empty or not pages):
            # before WAL is turned on, so that they are in the main file from its first moment
            layout.create(database)
        (mode,) = database.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise JournalError(
                f"the journal {path} cannot have {beside(path).name} there: put it on a local disk"
            )
        database.execute("PRAGMA wal_autocheckpoint = 0")  # see JournalFile.keep_up
    except BaseException:
        database.close()
        raise
    return database

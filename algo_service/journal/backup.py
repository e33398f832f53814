"""Makes a complete copy of a journal, also while a service writes it."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from algo_service.errors import JournalError
from algo_service.journal.mark import ALL, incomplete
from algo_service.journal.reading import explained, open_as_it_is
from market_data.private_files import make_file


def backup(path: Path, copy: Path) -> int:
    """Copy a journal, as of one moment, into a file that is not there yet.

    :return: how many decisions are in it.
    :raises JournalError: if the journal cannot be read or is incomplete, or there is a file
        already, or it cannot be written; then there is no copy.
    """
    objection = incomplete(path)
    if objection:
        raise JournalError(objection)
    with closing(open_as_it_is(path)) as source:
        if copy.exists():
            raise JournalError(f"{copy} is there already: choose another name, or remove it")
        return write_copy(source, copy)


def write_copy(source: sqlite3.Connection, copy: Path) -> int:
    """Write what a connection sees of a journal into a file, in place of any that is there.

    :return: how many decisions are in it.
    :raises JournalError: if it cannot be written; then what was there is unchanged.
    """
    # under another name until it is whole
    unfinished = copy.with_name(f"{copy.name}.unfinished")
    try:
        with explained(copy):
            decisions = _copy(source, unfinished)
            os.rename(unfinished, copy)
            _sync(copy.absolute().parent)
    finally:
        for file in (unfinished, unfinished.with_name(f"{unfinished.name}-journal")):
            file.unlink(missing_ok=True)
    return decisions


def _copy(source: sqlite3.Connection, file: Path) -> int:
    make_file(file)
    with closing(sqlite3.connect(file, isolation_level=None)) as target:
        source.backup(target)  # in one step: a service that writes does not disturb it
        target.execute("PRAGMA journal_mode = DELETE")  # one file, until a service opens it
        tables = [name for (name,) in target.execute("SELECT name FROM sqlite_master")]
        if "main_file" in tables:
            target.execute("UPDATE main_file SET holds = ?", (ALL,))
        (decisions,) = target.execute("SELECT count(*) FROM decisions").fetchone()
        return int(decisions)


def _sync(folder: Path) -> None:
    """Have the folder's new entry on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

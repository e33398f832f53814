"""How a journal shows that it is incomplete.

SQLite commits into FILE-wal, and a checkpoint copies that into FILE. FILE alone is therefore a good
database of an earlier moment, and SQLite does not notice. The table `main_file` shows it:

1. "part", with a new number, is committed and copied into FILE;
2. "all" is committed behind it, as the first thing that is in FILE-wal alone.

FILE with its FILE-wal says "all", and so does FILE once SQLite has copied the rest into it, as the
last connection does when it is closed, in any process. A copy of FILE alone says "part". Between
the two steps both say "part": the lock file holds the number meanwhile, so that a journal whose
service was killed there is not taken for a copy.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

ALL = "all"
PART = "part"


class Mark(NamedTuple):
    """What a journal records about its main file."""

    holds: str
    generation: int


def incomplete(path: Path) -> str | None:
    """Return why a journal is incomplete, as a sentence without its end; None if it is complete.

    Changes nothing. None as well for a file that is not a journal, or damaged: see `check_file`.
    """
    objection = _incomplete(path)
    # a service may have made a checkpoint between two looks
    return objection and _incomplete(path)


def _incomplete(path: Path) -> str | None:
    wal = beside(path)
    if not path.exists() or path.stat().st_size == 0:
        # a journal is begun without one, and SQLite would delete it
        return _orphaned(path, wal) if wal.exists() and wal.stat().st_size > 0 else None
    if beside(path, "-journal").exists():
        return None  # killed while it was created: SQLite rolls that back
    try:
        # immutable: without looking at the -wal
        alone, tables = _look(path, "mode=ro&immutable=1")
        has_wal = wal.exists() and wal.stat().st_size > 0
    except (sqlite3.Error, OSError, UnicodeError, TypeError):
        return None  # damaged
    try:
        both, tables = _look(path, "mode=ro") if has_wal else (alone, tables)
        fits = _fits(alone, both)
    except sqlite3.OperationalError:
        return None  # it cannot be read now
    except (sqlite3.DatabaseError, UnicodeError, TypeError):
        fits = False  # each is readable, and the two are not
    remedy = (
        " To copy a journal, use `algo-service journal FILE --backup COPY`. Use such a copy, or put"
        f" {wal.name} back beside it"
    )
    if has_wal and not fits:
        return (
            f"the journal {path} and the {wal.name} beside it are of different moments, or"
            f" damaged: decisions are missing, and these quotes would be decided again.{remedy}"
        )
    if not tables:
        return (
            f"the journal {path} holds no tables: it was copied without {wal.name}, or never"
            f" started, and every quote would be decided again.{remedy}"
        )
    if both and both.holds == PART and not has_wal and both.generation != _signed(path):
        return (
            f"the journal {path} was copied without {wal.name}, which holds its latest decisions:"
            f" these quotes would be decided again.{remedy}"
        )
    return None


def _orphaned(path: Path, wal: Path) -> str:
    what = "is empty" if path.exists() else "is not there"
    return (
        f"the journal {path} {what}, and {wal.name} beside it holds its latest decisions: put the"
        f" journal back beside it, or remove {wal.name} to begin a new one"
    )


def _fits(alone: Mark | None, both: Mark | None) -> bool:
    """Whether the main file and its -wal can be of one moment, by the marks of both and of one."""
    if alone is None:
        return True  # of the layout before, which has no mark, or not yet in the main file
    if both is None:
        return False
    if both.generation == alone.generation:
        return (alone.holds, both.holds) != (ALL, PART)
    return both == (PART, alone.generation + 1)


def _look(path: Path, how: str) -> tuple[Mark | None, int]:
    """Return the mark and the count of tables."""
    uri = f"{path.absolute().as_uri()}?{how}"
    with closing(sqlite3.connect(uri, uri=True)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master")]
        return read_mark(database) if "main_file" in tables else None, len(tables)


def read_mark(database: sqlite3.Connection) -> Mark:
    """Return the mark as a connection sees it."""
    return Mark(*database.execute("SELECT holds, generation FROM main_file").fetchone())


def _signed(path: Path) -> int | None:
    """Return the mark that was under way when the last service ended, by the lock file."""
    try:
        _, _, number = lock_file(path).read_text().partition("\n")
        return int(number)
    except (OSError, ValueError):
        return None


def beside(path: Path, suffix: str = "-wal") -> Path:
    """Return a file beside a journal, by default SQLite's for what was committed last."""
    real = path.resolve()  # as SQLite does, which follows a link to where the file is
    return real.with_name(real.name + suffix)


def lock_file(path: Path) -> Path:
    """Return the file that a service locks while it has the journal open."""
    return beside(path, ".lock")

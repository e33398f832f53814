"""Opens a journal to read it, also while a service writes it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from algo_service.errors import JournalError, StateError
from algo_service.journal import layout
from algo_service.journal.mark import incomplete
from telemetry.addresses import without_passwords


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Make a JournalError of what SQLite and the system raise."""
    try:
        yield
    # the latter where the text of an error of SQLite holds what is damaged
    except (sqlite3.Error, OSError, UnicodeDecodeError) as error:
        raise JournalError(f"the journal {path}: {error}") from error


# A disk, or a person, may change what SQLite takes for a text like any other.
_DAMAGE = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    StopIteration,
    RecursionError,
    StateError,
)


@contextmanager
def understood(path: Path) -> Iterator[None]:
    """Make a JournalError of what reading raises, too, where the content is not what was written.

    For what only reads: a fault of ours in what writes is not to look like a damage.
    """
    try:
        with explained(path):
            yield
    except _DAMAGE as error:
        found = f"{type(error).__name__}: {error}"
        raise JournalError(f"the journal {path} is damaged: {found}") from error


def open_to_read(path: Path) -> sqlite3.Connection:
    """Open a journal in the present layout.

    One of an earlier layout is not changed: what is returned is a temporary copy that was migrated.

    :raises JournalError: if it cannot be read, or is not a journal.
    """
    database = open_as_it_is(path)
    with explained(path):
        if layout.layout_of(database) == layout.LAYOUT:
            return database
        with closing(database):
            copy = sqlite3.connect("")  # in a temporary file that SQLite removes
            database.backup(copy)
        layout.migrate(copy)
        return copy


def open_as_it_is(path: Path) -> sqlite3.Connection:
    """Open a journal in the layout that it has.

    :raises JournalError: if it cannot be read, or is not a journal.
    """
    if not path.is_file():
        raise JournalError(f"there is no journal {without_passwords(str(path))}")
    try:
        database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        check_file(database, path)
        (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except (sqlite3.Error, UnicodeError) as error:
        raise JournalError(f"the journal {path}: {error}") from error
    if not tables:
        raise JournalError(incomplete(path) or f"{path} is empty, not a journal")
    return database


def check_file(database: sqlite3.Connection, path: Path) -> None:
    """Make sure that a file is a journal of a layout that is known, and in good health.

    :raises JournalError: saying what it is instead.
    """
    try:
        (mark,) = database.execute("PRAGMA application_id").fetchone()
        version = layout.layout_of(database)
        (health,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except (sqlite3.DatabaseError, UnicodeError) as error:
        raise JournalError(f"{path} is not a journal, or it is damaged: {error}") from error
    (tables,) = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if tables and mark != layout.APPLICATION_ID:
        raise JournalError(f"{path} is a database of something else, not a journal")
    if tables and not layout.FIRST_LAYOUT <= version <= layout.LAYOUT:
        age = "a newer" if version > layout.LAYOUT else "an older"
        raise JournalError(
            f"the journal {path} was written by {age} version: its layout is {version}, and"
            f" this one reads {layout.LAYOUT}"
        )
    if health != "ok":
        raise JournalError(f"the journal {path} is damaged: {health}")

"""A folder that holds a journal for each algorithm: `--journal FOLDER/`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from algo_service.errors import JournalError
from algo_service.journal.reading import open_to_read
from algo_service.journal.standing import taken_of

SUFFIX = ".db"

# What file names cannot have on some system.
_SPECIAL = re.compile(r'[%/\\:*?"<>|\x00-\x1f\x7f]')


def journal_path(given: str, algo: str) -> Path:
    """Return the file of an algorithm's journal.

    :param given: a file; or a folder, which is there already or ends in "/": then the file is
        `<algo>.db` in it, with percent-encoding for what a file name cannot have.
    :raises JournalError: if it ends in "/" and is a file, or is empty.
    """
    if not given:
        raise JournalError("--journal names nothing: give it a file, or a folder with / behind it")
    path = Path(given)
    if not given.endswith("/") and not path.is_dir():
        return path
    if path.exists() and not path.is_dir():
        raise JournalError(f'the journal "{given}" names a folder, and {path} is a file')
    return path / f"{_SPECIAL.sub(_encoded, algo)}{SUFFIX}"


def _encoded(found: re.Match[str]) -> str:
    return f"%{ord(found[0]):02X}"


def listing(folder: Path) -> Iterator[str]:
    """Yield a line for each journal in a folder: its file, its algorithm, and what is in it.

    :raises JournalError: if there is no journal.
    """
    files = sorted(folder.glob(f"*{SUFFIX}"))
    if not files:
        raise JournalError(f"there is no journal in {folder}: none of its files ends in {SUFFIX}")
    for file in files:
        try:
            yield f"{file.name}: {_content(file)}"
        except JournalError as error:
            yield f"{file.name}: {error}"


def _content(file: Path) -> str:
    with closing(open_to_read(file)) as database:
        meta: dict[str, str] = dict(database.execute("SELECT name, value FROM meta"))
        taken = taken_of(meta)
        ((decisions, orders),) = database.execute(
            "SELECT (SELECT count(*) FROM decisions WHERE seq > :first),"
            " (SELECT count(*) FROM orders WHERE seq > :first)",
            {"first": taken.seq if taken else 0},
        )
    return f"{meta.get('algo', 'no algorithm yet')}, {decisions:,} decisions, {orders:,} orders"

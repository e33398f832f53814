"""Opens the decision store that `--journal` names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

from algo_service.errors import JournalError
from algo_service.journal.folder import journal_path
from algo_service.journal.memory import MemoryStore
from algo_service.journal.sqlite import SqliteStore
from algo_service.journal.store import DecisionStore

_SQLITE = "sqlite:///"


def journal_file(given: str, algo: str) -> Path:
    """Return the file of an algorithm's journal.

    :param given: a file, a folder, or `sqlite:///` and one of them.
    :raises JournalError: if it names neither, or another kind of database.
    """
    scheme, mark, _ = given.partition("://")
    if mark and not given.startswith(_SQLITE):
        raise JournalError(
            f"--journal is {scheme}://…: a journal is a file, a folder, or {_SQLITE}FILE"
        )
    return journal_path(unquote(given.removeprefix(_SQLITE)) if mark else given, algo)


def open_store(
    given: str | None,
    algo: str,
    *,
    accept_incomplete: bool = False,
    keep_inputs: bool = True,
    on_committed: Callable[[float], None] = lambda _seconds: None,
) -> DecisionStore:
    """Open the store of an algorithm's decisions.

    :param given: as `journal_file` takes it; None for a store in memory.
    :param accept_incomplete: continue with a copy that was made without its -wal file.
    :param keep_inputs: keep what the decisions were made from.
    :param on_committed: called with the seconds that a commit to a disk has taken.
    :raises JournalError: if it cannot be opened.
    """
    if given is None:
        return MemoryStore()
    return SqliteStore(
        journal_file(given, algo),
        algo,
        accept_incomplete=accept_incomplete,
        keep_inputs=keep_inputs,
        on_committed=on_committed,
    )

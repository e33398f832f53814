"""Folders that one process writes."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

from market_data.errors import FeedError
from market_data.private_files import open_lock

Refusal = Callable[[str, str, str], FeedError]
"""Makes the error of a folder: its path, what was found, and what is expected instead."""


def lock_folder(folder: Path, state: Path, writer: str, refusal: Refusal) -> int:
    """Take a folder for this process, and make it if it is not there; close the result to leave it.

    :param state: the folder below it that belongs to what writes it.
    :param writer: what writes it, such as "recorder".
    :raises FeedError: a `refusal`, if another process has it, or it holds other files.
    :raises OSError: if it cannot be written.
    """
    if not state.is_dir():
        if folder.is_dir() and any(folder.iterdir()):
            expected = f"an empty folder, a new one, or one that a {writer} has written"
            raise refusal(str(folder), "it holds other files", expected)
        state.mkdir(parents=True)
    lock = open_lock(state / "lock")
    try:
        # the system frees it, however the process ends
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(lock, 20, 0).decode(errors="replace").strip() or "unknown"
        os.close(lock)
        found = f"another {writer} writes it (process {holder})"
        raise refusal(str(folder), found, f"a folder for each {writer}") from None
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
    return lock


def sync_folder(folder: Path) -> None:
    """Make the names of its files durable; OSError if that fails."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

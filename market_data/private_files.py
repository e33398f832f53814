"""Files and folders that are for their owner alone, whatever the umask.

What is written beside a file, before it takes its place, has a name that others can guess. In a
folder where others may write, such as /tmp, they could put a link there: none is followed.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

log = logging.getLogger(__name__)

_FILE = 0o600
_FOLDER = 0o700
_OTHERS = 0o077


def make_file(path: Path) -> None:
    """Make an empty file in place of any of this name; OSError if that fails."""
    path.unlink(missing_ok=True)
    # O_EXCL follows no link
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE))


def ensure_file(path: Path) -> None:
    """Make an empty file where there is none, for SQLite, which says why that is not possible.

    SQLite gives its mode to the files that it writes beside it.
    """
    if not path.exists():
        with contextlib.suppress(OSError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, _FILE))


def open_lock(path: Path) -> int:
    """Return a descriptor of a file that is read and written, made if it is not there.

    :raises OSError: if that fails, also where the name is a link.
    """
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, _FILE)


def open_output(path: Path, newline: str | None = None) -> TextIO:
    """Open a file that the user has named, to write text; OSError if that fails.

    One that is there keeps its mode: its owner has chosen it.
    """
    return open(path, "w", encoding="utf-8", newline=newline, opener=_for_the_owner)


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, _FILE)


def replace(path: Path, texts: Iterable[str]) -> None:
    """Replace a file at once; it is on the disk when this returns.

    :raises OSError: if that fails; what was there is then unchanged.
    """
    beside = path.with_name(f"{path.name}.tmp")
    make_file(beside)
    with beside.open("w", encoding="utf-8") as file:
        file.writelines(texts)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, where they are not there; OSError if that fails."""
    if path.is_dir():
        return
    make_folder(path.parent)
    path.mkdir(mode=_FOLDER, exist_ok=True)


def keep_private(what: str, files: Iterable[Path]) -> None:
    """Take files from all but their owner, where others have access, and log that.

    :param what: the files are, such as `the journal j.db`.
    """
    found = 0
    try:
        for file in files:
            with contextlib.suppress(FileNotFoundError):
                mode = file.stat().st_mode & 0o777
                if mode & _OTHERS:
                    file.chmod(mode & ~_OTHERS)
                    found |= mode
    except OSError as error:
        reason = error.strerror or str(error)
        log.warning("others can read %s, and that cannot be changed: %s", what, reason)
    if found:
        log.warning(
            "others could read %s (mode %04o): from now on its owner alone can", what, found
        )

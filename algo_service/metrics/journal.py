"""The files of a journal, and their disk, as any thread may look at them."""

from __future__ import annotations

import os
from pathlib import Path

from algo_service.journal.mark import beside


class JournalDisk:
    """How large a journal is, and how much room its disk has.

    :param file: the journal; it need not be there yet.
    """

    def __init__(self, file: Path):
        self._file = file

    def size(self) -> float | None:
        """Return the bytes of the file and its -wal; None if there is no file."""
        sizes = [_size(self._file), _size(beside(self._file))]
        return None if sizes[0] is None else float(sum(size or 0 for size in sizes))

    def free(self) -> float | None:
        """Return the bytes that the service may still write; None if that is not known."""
        found = self._disk()
        return None if found is None else float(_free_blocks(found) * found.f_frsize)

    def reasons(self) -> list[str]:
        """Return why the journal cannot be written, as far as its disk is the cause."""
        found = self._disk()
        if found is None:
            return [f"the folder of the journal {self._file} is not there"]
        if found.f_flag & os.ST_RDONLY:
            return [f"the disk of the journal {self._file} is read-only"]
        if _free_blocks(found) == 0:
            return [f"the disk of the journal {self._file} is full"]
        return []

    def _disk(self) -> os.statvfs_result | None:
        try:
            return os.statvfs(self._file.resolve().parent)  # as SQLite, which follows a link
        except OSError:
            return None


def _free_blocks(disk: os.statvfs_result) -> int:
    # some are kept for the superuser
    return disk.f_bfree if os.geteuid() == 0 else disk.f_bavail


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except OSError:
        return None

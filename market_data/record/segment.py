"""The file of JSON lines that a recorder appends to."""

from __future__ import annotations

import os
import time
from pathlib import Path

from market_data.errors import RecordingError
from market_data.feeds.recording.row import Row, decode
from market_data.folders import sync_folder


class Segment:
    """A file that is appended to, and on the disk after each call.

    :param first: the number of its first message.
    :param day: the day of its messages.
    :param size: its bytes that are whole lines.
    :raises OSError: if it cannot be opened.
    """

    def __init__(self, path: Path, first: int, day: str, size: int = 0):
        self.path = path
        self.first = first
        self.day = day
        self.size = size
        self.opened_at = time.monotonic()
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o644)
        self._is_whole = False
        try:
            sync_folder(path.parent)
        except OSError:
            self.close()
            raise

    def append(self, lines: bytes) -> None:
        """Append lines; OSError if that fails, and then the file is as before."""
        if not self._is_whole:
            os.ftruncate(self._file, self.size)
        self._is_whole = False
        rest = memoryview(lines)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
            os.fdatasync(self._file)
        except OSError:
            # a full disk may hold a part of a line: gone, now or before the next one
            os.ftruncate(self._file, self.size)
            raise
        self._is_whole = True
        self.size += len(lines)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def whole_lines(path: Path) -> tuple[Row | None, Row | None, int]:
    """Return the first and the last message of a segment, and the bytes up to the end of that.

    What is behind it a kill has left half written.

    :raises RecordingError: if whole lines follow one that is not: then the file is damaged.
    """
    first: Row | None = None
    last: Row | None = None
    size = read = 0
    with path.open("rb") as file:
        for line in file:
            read += len(line)
            try:
                row = decode(line)
            except ValueError:
                continue
            if size != read - len(line):
                found = f"it is damaged before the message {row.seq}"
                raise RecordingError(str(path), found, "what a recorder has written")
            first, last, size = first or row, row, read
    return first, last, size

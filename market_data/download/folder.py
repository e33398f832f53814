"""A folder of candles: which history it holds, and how it grows."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from market_data.download.candle import Candle, candles_of, table, times_of
from market_data.download.errors import DownloadFolderError
from market_data.download.gaps import Gap
from market_data.feeds import parquet_feed
from market_data.feeds.candle_folder import (
    candle_file,
    candle_files,
    description_file,
    gaps_file,
    state_folder,
    symbol_folder,
)
from market_data.folders import lock_folder, sync_folder
from market_data.state_file import (
    check_state_file,
    read_state_file,
    write_json_lines,
    write_state_file,
)

MAX_ROWS = 50_000
"""Candles of a file: more than a month of minutes has."""

_VERSION = 1


class Description(NamedTuple):
    """Which history a folder holds: the same command continues it."""

    exchange: str
    every: str
    since: str


class Claim:
    """A folder that no other download writes while this one lives; made if it is not there.

    :raises DownloadFolderError: if another download has it, it holds other files, or it cannot be
        written.
    :raises StateFileError: if it holds another history.
    """

    def __init__(self, folder: Path, description: Description):
        try:
            state = state_folder(folder)
            self._lock = lock_folder(folder, state, "download", DownloadFolderError)
            try:
                _describe(folder, description)
            except BaseException:
                self.release()
                raise
        except OSError as error:
            raise _unwritable(folder, error) from error

    def release(self) -> None:
        """Leave the folder to others."""
        os.close(self._lock)


class SymbolFolder:
    """The candles of one instrument, in the order of time; this process holds the lock.

    What is appended is in memory until `flush`. Each file is replaced as a whole: killed at any
    moment, the folder holds all candles up to one of them, each once.

    :param length: of a candle, in ms.
    :raises UnusableFileError: if a file cannot be read.
    """

    def __init__(self, folder: Path, sid: str, length: int):
        self._state = state_folder(folder)
        self._folder = symbol_folder(folder, sid)
        self._sid = sid
        self._length = length
        self._candles: list[Candle] = []
        self._flushed = 0
        files = candle_files(self._folder)
        if files:
            with parquet_feed.opened(files[-1]) as file:
                self._candles = candles_of(file.read())
            self._flushed = len(self._candles)

    @property
    def until(self) -> int | None:
        """When the last candle ends, in ms; None if there is none."""
        return self._candles[-1].at + self._length if self._candles else None

    def append(self, candles: Sequence[Candle]) -> None:
        """Take candles that are later than those that are here, and write files that are full."""
        for candle in candles:
            if self._candles and not self._goes_into_file(candle):
                self.flush()
                self._candles, self._flushed = [], 0
            self._candles.append(candle)

    def flush(self) -> None:
        """Write the candles that are not in a file; DownloadFolderError if that fails."""
        if len(self._candles) == self._flushed:
            return
        import pyarrow.parquet as pq

        path = candle_file(self._folder, self._candles[0].at)
        beside = self._state / "writing"
        try:
            pq.write_table(table(self._candles, self._sid, self._length), beside)
            _sync(beside)
            if not path.parent.is_dir():
                path.parent.mkdir(parents=True)
                for above in (self._folder, self._folder.parent):
                    sync_folder(above)
            beside.replace(path)
            sync_folder(path.parent)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise _unwritable(path, error) from error
        self._flushed = len(self._candles)

    def times(self) -> Iterator[int]:
        """Yield when the candles in the files open, in ms."""
        for path in candle_files(self._folder):
            with parquet_feed.opened(path) as file:
                yield from times_of(file.read(columns=["open_time"]))

    def _goes_into_file(self, candle: Candle) -> bool:
        first = self._candles[0].at
        is_of_month = (
            candle_file(self._folder, candle.at).parent == candle_file(self._folder, first).parent
        )
        return is_of_month and len(self._candles) < MAX_ROWS


def write_gaps(folder: Path, gaps: Sequence[Gap]) -> None:
    """Replace the file of gaps at once; StateFileError if that fails."""
    write_json_lines(gaps_file(folder), (gap.fields() for gap in gaps))


def _describe(folder: Path, description: Description) -> None:
    path = description_file(folder)
    found = read_state_file(path, _parse, "a download")
    if found is None:
        write_state_file(path, {"version": _VERSION, **description._asdict()})
        sync_folder(path.parent)
        sync_folder(folder)
        return
    named = zip(Description._fields, found, description, strict=True)
    check_state_file(path, list(named))


def _parse(fields: dict[str, Any]) -> Description:
    if fields.pop("version") != _VERSION:
        raise ValueError
    return Description(**fields)


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _unwritable(path: Path, error: OSError) -> DownloadFolderError:
    reason = error.strerror or str(error)
    return DownloadFolderError(str(path), reason, "a folder that can be written")

"""Reads the messages of a recording in the order of their arrival, also while it is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from market_data.errors import UnusableFileError
from market_data.feeds import parquet_feed
from market_data.feeds.recording.layout import Part, SegmentFile, parts, segments
from market_data.feeds.recording.row import Row, decode

# Rows of a Parquet file that are read at once: a payload may have a megabyte.
_BATCH = 256


def rows(folder: Path, after: int = 0) -> Iterator[Row]:
    """Yield the messages whose number is above `after`, as far as they are there at the start.

    :raises UnusableFileError: if a file cannot be read.
    :raises MissingPackageError: without pyarrow.
    """
    with ExitStack() as stack:
        # A segment becomes a Parquet file, and is then deleted: opened before the Parquet files are
        # listed, it is found in one form or the other. What is found in both is skipped.
        opened = [_open(segment, stack) for segment in segments(folder)]
        for part in parts(folder):
            if part.last > after:
                yield from _above(after, _part_rows(part))
                after = part.last
        for file in filter(None, opened):
            for row in _above(after, segment_rows(file)):
                yield row
                after = row.seq


def latest(folder: Path, count: int) -> Iterator[Row]:
    """Yield the latest messages, at least so many if there are; raises what `rows` does."""
    before = next((part.first - 1 for part in _enough(parts(folder), count)), 0)
    yield from rows(folder, before)


def segment_rows(lines: Iterable[bytes]) -> Iterator[Row]:
    """Yield the messages of a segment up to a line that is not complete."""
    for line in lines:
        try:
            yield decode(line)
        except ValueError:
            return


def _enough(found: list[Part], count: int) -> list[Part]:
    total = 0
    for at in range(len(found) - 1, -1, -1):
        total += found[at].last - found[at].first + 1
        if total >= count:
            return found[at:]
    return found


def _open(segment: SegmentFile, stack: ExitStack) -> BinaryIO | None:
    try:
        return stack.enter_context(segment.path.open("rb"))
    except FileNotFoundError:
        return None  # it has become a Parquet file
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnusableFileError(str(segment.path), reason, "a file that can be read") from error


def _above(after: int, found: Iterator[Row]) -> Iterator[Row]:
    return (row for row in found if row.seq > after)


def _part_rows(part: Part) -> Iterator[Row]:
    columns = ["seq", "arrived", "topic", "payload"]
    with parquet_feed.opened(part.path) as file:
        missing = set(columns) - set(file.schema_arrow.names)
        if missing:
            found = f"it has no column {', '.join(sorted(missing))}"
            raise UnusableFileError(str(part.path), found, "what a recorder has written")
        for batch in file.iter_batches(_BATCH, columns=columns):
            # the further quotes of a message have rows without its payload
            whole = batch.filter(batch.column("payload").is_valid())
            seqs = whole.column("seq").to_pylist()
            arrived = whole.column("arrived").cast("int64").to_pylist()
            topics, payloads = (whole.column(name).to_pylist() for name in columns[2:])
            yield from map(Row, seqs, arrived, topics, payloads)

"""A closed segment becomes a Parquet file, some milliseconds at a time."""

from __future__ import annotations

import itertools
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from market_data.feeds.invalid_quote import InvalidQuoteError
from market_data.feeds.messages import Rules, read
from market_data.feeds.recording.layout import SegmentFile, converting_file, day_of, part_file
from market_data.feeds.recording.reading import segment_rows
from market_data.feeds.recording.row import Row
from market_data.feeds.recording.topics import carries_quotes
from market_data.folders import sync_folder

_AT_ONCE = 200
"""Messages of one step."""

_GROUP_ROWS = 20_000
_GROUP_BYTES = 16 * 1024 * 1024
"""A row group is written when it has so many rows, or bytes of payloads."""

_COLUMNS = ("seq", "arrived", "topic", "payload", "sid", "quote", "time", "ts", "id")


def convert(segment: SegmentFile, folder: Path) -> Iterator[None]:
    """Write the Parquet file of a closed segment, then delete the segment; yields in between.

    Killed at any moment, it leaves the segment, or the whole Parquet file, or both: the next start
    then deletes the segment.

    :raises OSError: if a file cannot be written; the segment is then as before.
    """
    beside = converting_file(folder)
    try:
        span = yield from _write(segment.path, beside)
        target = part_file(folder, day_of(span.arrived), segment.first, span.last)
        if not target.parent.is_dir():
            target.parent.mkdir()
            sync_folder(folder)
        beside.replace(target)
        sync_folder(target.parent)
        segment.path.unlink()
    except OSError:
        # on a full disk its place is needed
        beside.unlink(missing_ok=True)
        raise


class _Span(NamedTuple):
    """When the first message arrived, and the number of the last one."""

    arrived: int
    last: int


def _write(path: Path, beside: Path) -> Generator[None, None, _Span]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema()
    span: _Span | None = None
    with path.open("rb") as lines, pq.ParquetWriter(beside, schema, compression="zstd") as to:
        rows = segment_rows(lines)
        group: list[tuple[Any, ...]] = []
        size = 0
        while some := list(itertools.islice(rows, _AT_ONCE)):
            span = _Span(span.arrived if span else some[0].arrived, some[-1].seq)
            for row in some:
                group += _cells(row)
                size += len(row.payload)
            if len(group) >= _GROUP_ROWS or size >= _GROUP_BYTES:
                to.write_table(_table(pa, group, schema))
                group, size = [], 0
            yield
        if group:
            to.write_table(_table(pa, group, schema))
    yield
    with beside.open("rb") as file:
        os.fsync(file.fileno())
    assert span is not None, "a segment that is closed holds a message"
    return span


def _schema() -> Any:
    import pyarrow as pa

    types = {
        "seq": pa.int64(),
        "arrived": pa.timestamp("us", "UTC"),
        "topic": pa.string(),
        "payload": pa.binary(),
        "sid": pa.string(),
        "quote": pa.float64(),
        "time": pa.timestamp("ns", "UTC"),
        "ts": pa.string(),
        "id": pa.string(),
    }
    return pa.schema([pa.field(name, types[name]) for name in _COLUMNS])


def _table(pa: Any, rows: list[tuple[Any, ...]], schema: Any) -> Any:
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _cells(row: Row) -> list[tuple[Any, ...]]:
    """Return a row of the table for each quote of a message, and one if it holds none.

    The payload stands in the first one only.
    """
    message = (row.seq, row.arrived, row.topic)
    if not carries_quotes(row.topic):
        return [(*message, row.payload, None, None, None, None, None)]
    try:
        times, quotes = read(row.payload, row.seq, "", Rules(), row.topic)
    except InvalidQuoteError:
        return [(*message, row.payload, None, None, None, None, None)]
    payloads = itertools.chain([row.payload], itertools.repeat(None))
    return [
        (
            *(*message, payload, quote.sid, quote.quote, time),
            None if quote.ts is None else str(quote.ts),
            quote.recorded.id if quote.recorded else None,
        )
        for payload, time, quote in zip(payloads, times, quotes, strict=False)
    ]

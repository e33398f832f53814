"""The result of an SQL query as a table, or as messages that were recorded."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from market_data.errors import ReadOptionError
from market_data.feeds.columns import check_symbol
from market_data.feeds.options import TABLE_OPTIONS, ReadOptions, flag
from market_data.feeds.plan import Sample
from market_data.feeds.recording.row import Row
from market_data.feeds.sources import Source
from market_data.feeds.sql_query import SqlQuery
from market_data.feeds.table import OnSkip, Rows


class SqlTable:
    """The rows of a query's result, which count from 1.

    :raises UnusableFileError: if no column tells the symbol.
    """

    def __init__(self, source: Source, query: SqlQuery, named: Mapping[str, str]):
        self._batches = query.batches()
        first = next(self._batches, None)
        if first is not None:
            self._batches = chain([first], self._batches)
        rows = [["" if cell is None else str(cell) for cell in row] for row in first or []]
        self.sample = Sample(str(source), "", [query.header, *rows], True, is_text=False)
        check_symbol(query.header, named, str(source))
        self.notes: list[str] = []

    def rows(self, needed: list[int], header_rows: int, on_skip: OnSkip) -> Iterator[Rows]:  # noqa: ARG002
        """Yield the rows; all of them have as many cells, and the header is not among them."""
        first = 1
        for rows in self._batches:
            columns = list(zip(*rows, strict=True))
            yield Rows(range(first, first + len(rows)), {index: columns[index] for index in needed})
            first += len(rows)


def is_of_messages(query: SqlQuery, options: ReadOptions) -> bool:
    """Tell whether a result is of recorded messages: it has the columns topic and payload.

    :raises ReadOptionError: if it is and an option is for tables, or is none and one for messages.
    """
    is_it = {"topic", "payload"} <= _places(query).keys() and not options.get("columns")
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    for name in TABLE_OPTIONS if is_it else ("fields",):
        if name in given:
            what = "messages, for they have" if is_it else "no messages, which would have"
            reason = f"the query gives {what} the columns topic and payload"
            raise ReadOptionError(flag(name), given[name], reason)
    return is_it


def message_rows(query: SqlQuery) -> Iterator[Row]:
    """Yield the messages, which count from 1; their payloads are texts, bytes or JSON."""
    places = _places(query)
    topic, payload, raw = (places.get(name) for name in ("topic", "payload", "bytes"))
    assert topic is not None
    assert payload is not None
    rows = chain.from_iterable(query.batches())
    for number, row in enumerate(rows, 1):
        cell = row[payload]
        if cell is None and raw is not None:
            cell = row[raw]
        yield Row(number, 0, str(row[topic]), _as_bytes(cell))


def _places(query: SqlQuery) -> dict[str, int]:
    return {name.lower(): index for index, name in enumerate(query.header)}


def _as_bytes(cell: Any) -> bytes:
    if cell is None:
        return b""
    if isinstance(cell, str):
        return cell.encode()
    if isinstance(cell, bytes | bytearray | memoryview):
        return bytes(cell)
    return json.dumps(cell, default=str).encode()

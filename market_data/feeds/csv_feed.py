"""A CSV file as a table."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from market_data.errors import UnusableFileError
from market_data.feeds.dialect import find_dialect
from market_data.feeds.invalid_quote import SkippedRow
from market_data.feeds.opening import open_text, read_head, undecodable
from market_data.feeds.options import TABS, ReadOptions
from market_data.feeds.plan import Sample
from market_data.feeds.table import OnSkip, Rows
from market_data.feeds.timed import BATCH

_UNREADABLE = (OSError, EOFError, zlib.error)
"""What a file that is not there, is cut off, or has a damaged compression raises."""


class CsvTable:
    """The rows of a CSV file, which count from 1, without the header and blank lines.

    :param name: of the source.
    :raises UnusableFileError: if the file cannot be read, or is empty.
    """

    def __init__(self, path: Path, name: str, symbol: str, options: ReadOptions):
        self._path = path
        self._name = name
        delimiter = options.get("delimiter")
        try:
            head = read_head(path, options.get("encoding"))
        except _UNREADABLE as error:
            raise _unreadable(path, error) from error
        except UnicodeError as error:
            raise undecodable(path, error) from error
        self._encoding = head.encoding
        self._dialect = find_dialect(
            head.text, "\t" if delimiter in TABS else delimiter, is_cut=head.is_cut
        )
        rows = self._dialect.rows
        if not rows:
            raise UnusableFileError(str(path), "the file is empty", "a header and rows")
        self._width = len(rows[0])
        has_header = options.get("header", True)
        self.sample = Sample(str(path), symbol, rows, has_header)
        self.notes = [
            f'a line before the header is skipped: "{line:.60}"' for line in self._dialect.preamble
        ]

    def rows(self, needed: list[int], header_rows: int, on_skip: OnSkip) -> Iterator[Rows]:
        """Yield the rows; one with more or fewer cells than the header goes to `on_skip`."""
        try:
            with open_text(self._path, self._encoding) as file:
                yield from self._rows(file, needed, header_rows, on_skip)
        except _UNREADABLE as error:
            raise _unreadable(self._path, error) from error
        except UnicodeError as error:
            raise undecodable(self._path, error) from error
        except csv.Error as error:
            raise UnusableFileError(
                str(self._path),
                str(error),
                "a CSV file, or the ending .parquet, .jsonl or .db for what it is",
            ) from error

    def _rows(
        self, file: Iterator[str], needed: list[int], header_rows: int, on_skip: OnSkip
    ) -> Iterator[Rows]:
        dialect = self._dialect
        for _line in dialect.preamble:
            next(line for line in file if line.strip())
        reader = csv.reader(file, delimiter=dialect.delimiter, skipinitialspace=dialect.skips_space)
        rows = filter(None, reader)
        for _row in range(header_rows):
            next(rows, None)
        first, width, lines = 1, self._width, reader.line_num
        while batch := list(islice(rows, BATCH)):
            read = range(first, first + len(batch))
            numbers: Sequence[int] = read
            first += len(batch)
            # a row of several lines, or a blank line
            has_long_rows = reader.line_num - lines > len(batch)
            lines = reader.line_num
            if has_long_rows or set(map(len, batch)) != {width}:
                numbers, batch = self._whole(read, batch, on_skip)
            if batch:
                columns = list(zip(*batch, strict=True))
                yield Rows(numbers, {index: columns[index] for index in needed})

    def _whole(
        self, numbers: range, batch: list[list[str]], on_skip: OnSkip
    ) -> tuple[list[int], list[list[str]]]:
        whole = []
        for number, row in zip(numbers, batch, strict=True):
            text = self._dialect.delimiter.join(row)
            if len(row) != self._width:
                found = f"{len(row)} cell{'s' if len(row) != 1 else ''} and not {self._width}"
            elif "\n" in text or "\r" in text:
                found = "a cell of several lines, as where a quotation mark is not closed"
            else:
                whole.append((number, row))
                continue
            on_skip(SkippedRow(self._name, number, "cells", f"{found}: {text[:60]!r}"))
        return [number for number, _row in whole], [row for _number, row in whole]


def _unreadable(path: Path, error: Exception) -> UnusableFileError:
    reason = getattr(error, "strerror", None) or str(error)
    return UnusableFileError(str(path), reason, "a CSV file that can be read")

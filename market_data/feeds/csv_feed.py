"""Quotes from a CSV file, row by row."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from itertools import islice
from operator import itemgetter
from pathlib import Path

from market_data.errors import UnusableFileError
from market_data.feeds.cells import BATCH, Cells, OnSkip, make_quotes
from market_data.feeds.columns import find_columns
from market_data.feeds.quote import Quote


def read_csv(
    path: Path, name: str, columns: Mapping[str, str], on_skip: OnSkip
) -> Iterator[list[Quote]]:
    """Yield the quotes of a CSV file in the order of its rows, a batch at a time.

    Rows count from 1, without the header and blank lines. Without a column for the symbol it is
    the file's stem in upper case. UnusableFileError where the file cannot be read, is empty, or
    lacks a column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = filter(None, csv.reader(file))
            header = next(rows, None)
            if header is None:
                raise UnusableFileError(str(path), "the file is empty", "a header and rows")
            sid, ts, quote = find_columns(header, columns, str(path))
            first_row = 1
            while batch := list(islice(rows, BATCH)):
                symbols = [path.stem.upper()] * len(batch) if sid is None else _cells(batch, sid)
                cells = Cells(symbols, _cells(batch, ts), _cells(batch, quote))
                yield make_quotes(cells, first_row, name, on_skip)
                first_row += len(batch)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnusableFileError(str(path), reason, "a CSV file that can be read") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnusableFileError(
            str(path),
            str(error),
            "a CSV file in UTF-8, or the ending .parquet, .jsonl or .db for what it is",
        ) from error


def _cells(rows: list[list[str]], index: int) -> list[str]:
    try:
        return list(map(itemgetter(index), rows))
    except IndexError:
        return [row[index] if index < len(row) else "" for row in rows]

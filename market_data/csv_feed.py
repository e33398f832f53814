"""Quotes from a CSV file, row by row."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from market_data.errors import UnusableFileError

# Recognised in any case; of several in one file, the one named first here is read.
SID_COLUMNS = ("sid", "symbol", "ticker")
TS_COLUMNS = ("ts", "date", "time")
QUOTE_COLUMNS = ("quote", "price", "close")

MAX_PRICE = 1e9

_WHOLE_NUMBER = re.compile(r"\d{1,18}", re.ASCII)


class Quote(NamedTuple):
    """One price of one symbol; `row` is counted from 1.

    `ts` is verbatim from the file; where it is a whole number, epoch milliseconds, it is an int.
    """

    sid: str
    quote: float
    ts: str | int
    row: int


class SkippedRow(NamedTuple):
    """A row that is no quote, and why."""

    row: int
    reason: str


class Columns(NamedTuple):
    """At which index each field is; `sid` is None where the file has no such column."""

    sid: int | None
    ts: int
    quote: int


def read_csv(path: Path, on_skip: Callable[[SkippedRow], None]) -> Iterator[Quote]:
    """Yield the quotes of a CSV file in the order of its rows, which are not kept in memory.

    Rows count from 1, without the header and blank lines. A row without a symbol, a time or
    a price above 0 and at most MAX_PRICE goes to `on_skip`. Without a column for the symbol it
    is the file's stem in upper case. UnusableFileError where the file cannot be read, is
    empty, or has no column for the price or the time.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = (row for row in csv.reader(file) if row)
            header = next(rows, None)
            if header is None:
                raise UnusableFileError(str(path), "the file is empty", "a header and rows")
            columns = _recognise(header, path)
            for number, row in enumerate(rows, start=1):
                try:
                    quote = _quote(row, number, columns, path.stem.upper())
                except _NoQuoteError as error:
                    on_skip(SkippedRow(number, str(error)))
                else:
                    yield quote
    except OSError as error:
        reason = error.strerror or str(error)
        raise UnusableFileError(str(path), reason, "a CSV file that can be read") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnusableFileError(str(path), str(error), "a CSV file in UTF-8") from error


def _recognise(header: list[str], path: Path) -> Columns:
    names = [name.strip().lower() for name in header]

    def find(accepted: tuple[str, ...]) -> int | None:
        return next((names.index(name) for name in accepted if name in names), None)

    # pandas writes the index, here the date, as a first column without a name
    ts = 0 if (index := find(TS_COLUMNS)) is None and not names[0] else index
    quote = find(QUOTE_COLUMNS)
    for what, column, accepted in [("price", quote, QUOTE_COLUMNS), ("time", ts, TS_COLUMNS)]:
        if column is None:
            found = ", ".join(name[:30] for name in header[:10])
            raise UnusableFileError(
                str(path), f"no {what} among the columns {found}", f"one of {', '.join(accepted)}"
            )
    assert ts is not None
    assert quote is not None
    return Columns(find(SID_COLUMNS), ts, quote)


class _NoQuoteError(ValueError):
    """A row is no quote; its text says why."""


def _quote(row: list[str], number: int, columns: Columns, stem: str) -> Quote:
    def cell(index: int) -> str:
        return row[index] if index < len(row) else ""

    sid = stem if columns.sid is None else cell(columns.sid).strip()
    if not sid:
        raise _NoQuoteError("no symbol")
    ts = cell(columns.ts).strip()
    if not ts:
        raise _NoQuoteError("no time")
    price = _price(cell(columns.quote).strip())
    return Quote(sid, price, int(ts) if _WHOLE_NUMBER.fullmatch(ts) else ts, number)


def _price(text: str) -> float:
    if not text:
        raise _NoQuoteError("no price")
    shown = repr(text[:40])
    try:
        # float() takes 1_000 for 1000, and the digits of every script
        price = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        price = math.nan
    if math.isnan(price):
        raise _NoQuoteError(f"the price {shown} is not a number")
    if math.isinf(price):
        raise _NoQuoteError(f"the price {shown} is not finite")
    if price <= 0:
        raise _NoQuoteError(f"the price {shown} is not above 0")
    if price > MAX_PRICE:
        raise _NoQuoteError(f"the price {shown} is above {MAX_PRICE:g}")
    return price

"""A data frame of pandas or polars as a table, by way of Arrow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeGuard

from market_data.errors import MissingPackageError, UnusableFileError
from market_data.feeds import arrow_table
from market_data.feeds.plan import Sample, find_wide
from market_data.feeds.table import OnSkip, Rows
from market_data.feeds.timed import BATCH

if TYPE_CHECKING:
    import pyarrow as pa

_EXPECTED = "a data frame whose columns hold values of one kind each"


def is_frame(value: object) -> TypeGuard[Any]:
    """Tell whether this is an object of pandas or polars, without importing either."""
    kind = type(value)
    return kind.__module__.partition(".")[0] in ("pandas", "polars")


class FrameTable:
    """The rows of a data frame, which count from 1.

    An index of pandas is a column; one without a name is the time if no other column can be.
    Columns of two levels, as yfinance makes them, are read as its files are.

    :raises UnusableFileError: if a column holds values of several kinds.
    :raises MissingPackageError: without pyarrow.
    """

    def __init__(self, frame: Any, name: str, symbol: str):
        try:
            import pyarrow as pa
        except ModuleNotFoundError:
            raise MissingPackageError("a data frame", "pyarrow") from None
        is_pandas = type(frame).__module__.startswith("pandas")
        if type(frame).__name__ not in ("DataFrame", "LazyFrame"):
            raise UnusableFileError(name, f"it is a {type(frame).__name__}", "a data frame")
        try:
            headers, table = _of_pandas(frame) if is_pandas else _of_polars(frame)
        except (pa.ArrowException, ValueError, TypeError) as error:
            raise UnusableFileError(name, str(error).partition("\n")[0], _EXPECTED) from error
        self._table = table
        first = next(iter(table.to_batches(BATCH)), None)
        _positions, *rows = arrow_table.sample(table.schema.names, first)
        # of two levels the names are rows of their own, as in yfinance's files
        is_text = len(headers) > 1
        self.sample = Sample(name, symbol, [*headers, *rows], True, is_text=is_text)
        if is_text and find_wide(self.sample) is None:
            found = f"{len(headers)} levels of columns that are not those of yfinance"
            raise UnusableFileError(name, found, "columns of one level")
        self.notes: list[str] = []

    def rows(self, needed: list[int], header_rows: int, on_skip: OnSkip) -> Iterator[Rows]:  # noqa: ARG002
        """Yield the rows; all of them have as many cells, and the header is not among them."""
        table = self._table.select(needed)
        yield from arrow_table.rows_of(iter(table.to_batches(BATCH)), needed)


def _of_pandas(frame: Any) -> tuple[list[list[str]], pa.Table]:
    """Return the rows of names, and the table with its columns by position."""
    import pandas as pd
    import pyarrow as pa

    levels = frame.columns.nlevels
    headers = [[str(name) for name in frame.columns.get_level_values(n)] for n in range(levels)]
    if not isinstance(frame.index, pd.RangeIndex):
        names = ["" if name is None else str(name) for name in frame.index.names]
        if len(names) > 1:
            # of two levels without names, that of texts is the symbol
            texts = [pd.api.types.is_string_dtype(level.dtype) for level in frame.index.levels]
            names = [
                "symbol" if is_text and not n else n
                for n, is_text in zip(names, texts, strict=True)
            ]
        frame = frame.reset_index(names=[f"index {n}" for n in range(len(names))])
        headers = _with_index(headers, names)
    elif levels > 1:
        headers = _with_index([row[1:] for row in headers], [headers[0][0] or headers[-1][0]])
    plain = frame.set_axis([str(n) for n in range(frame.shape[1])], axis=1)
    for name in plain.columns:
        column = plain[name]
        if pd.api.types.is_datetime64_dtype(column) and (column == column.dt.normalize()).all():
            plain[name] = column.dt.date  # midnights are dates, as in a CSV file of the frame
    return headers, pa.Table.from_pandas(plain, preserve_index=False)


def _with_index(headers: list[list[str]], names: list[str]) -> list[list[str]]:
    if len(headers) == 1:
        return [[*names, *headers[0]]]
    titles = ["Price", "Ticker"] if "Close" in headers[0] else ["Ticker", "Price"]
    titled = [[title, *row] for title, row in zip(titles, headers, strict=False)]
    return [*titled, [names[0] or "Date", *[""] * len(headers[0])]]


def _of_polars(frame: Any) -> tuple[list[list[str]], pa.Table]:
    collected = frame.collect() if type(frame).__name__ == "LazyFrame" else frame
    return [[str(name) for name in collected.columns]], collected.to_arrow()

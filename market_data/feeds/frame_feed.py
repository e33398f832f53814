"""A data frame of pandas or polars as a table, by way of Arrow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TypeGuard

from market_data.errors import MissingPackageError, UnusableFileError
from market_data.feeds import arrow_table
from market_data.feeds.columns import Sample
from market_data.feeds.table import OnSkip, Rows
from market_data.feeds.timed import BATCH

if TYPE_CHECKING:
    import pyarrow as pa

_EXPECTED = "a data frame whose columns hold values of one kind each"


def is_frame(value: object) -> TypeGuard[Any]:
    """Tell whether this is a data frame of pandas or polars, without importing either."""
    kind = type(value)
    package = kind.__module__.partition(".")[0]
    return package in ("pandas", "polars") and kind.__name__ in ("DataFrame", "LazyFrame")


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
        self.notes: list[str] = []

    def rows(self, needed: list[int], header_rows: int, on_skip: OnSkip) -> Iterator[Rows]:  # noqa: ARG002
        """Yield the rows; all of them have as many cells, and the header is none of them."""
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
        frame = frame.reset_index(names=[f"index {n}" for n in range(len(names))])
        headers = _with_index(headers, names)
    plain = frame.set_axis([str(n) for n in range(frame.shape[1])], axis=1)
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

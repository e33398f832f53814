"""Quotes from a Parquet file, in record batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from market_data.errors import MissingPackageError, UnusableFileError
from market_data.feeds.cells import BATCH, Cells, OnSkip, make_quotes
from market_data.feeds.columns import find_columns
from market_data.feeds.quote import Quote

if TYPE_CHECKING:
    import pyarrow as pa

# Bytes of a column that are read at once: a row group, which pyarrow would read ahead as a whole,
# may be larger than memory.
_READ_AT_ONCE = 1 << 20
# What pandas calls an index without a name, which a CSV file has as a column without one.
_NAMELESS_INDEX = "__index_level_0__"


def read_parquet(
    path: Path, name: str, columns: Mapping[str, str], on_skip: OnSkip
) -> Iterator[list[Quote]]:
    """Yield the quotes of a Parquet file in the order of its rows, a batch at a time.

    Rows count from 1. A time of a date or timestamp type becomes ISO 8601 text, with Z where it
    has a time zone. Without a column for the symbol it is the file's stem in upper case.
    UnusableFileError where the file cannot be read, or lacks a column; MissingPackageError
    without pyarrow.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError:
        raise MissingPackageError(str(path), "pyarrow") from None
    try:
        with pq.ParquetFile(path, pre_buffer=False, buffer_size=_READ_AT_ONCE) as file:
            # where pandas has it in a CSV file: first, and without a name
            header = sorted(file.schema_arrow.names, key=lambda column: column != _NAMELESS_INDEX)
            shown = ["" if column == _NAMELESS_INDEX else column for column in header]
            sid, ts, quote = find_columns(shown, columns, str(path))
            needed = [header[index] for index in (sid, ts, quote) if index is not None]
            first_row = 1
            for batch in file.iter_batches(BATCH, columns=needed):
                if sid is None:
                    symbols = [path.stem.upper()] * batch.num_rows
                else:
                    symbols = _values(batch.column(header[sid]))
                times = _values(_as_text(batch.column(header[ts])))
                cells = Cells(symbols, times, _values(batch.column(header[quote])))
                yield make_quotes(cells, first_row, name, on_skip)
                first_row += batch.num_rows
    except (OSError, pa.ArrowException) as error:
        reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        raise UnusableFileError(str(path), reason, "a Parquet file that can be read") from error


def _values(column: pa.Array) -> list[Any]:
    values: list[Any] = column.to_pylist()
    return values


def _as_text(column: pa.Array) -> pa.Array:
    """Turn dates and timestamps into ISO 8601 text, in Arrow: Python's objects end at µs."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_date(column.type):
        return column.cast(pa.date32()).cast(pa.string())
    if not pa.types.is_timestamp(column.type):
        return column
    # another zone is another way to show the same instant, and needs a database of zones
    zone = "" if column.type.tz is None else "Z"
    text = column.cast(pa.timestamp(column.type.unit)).cast(pa.string())
    text = pc.replace_substring(text, " ", "T")
    if column.type.unit != "s":
        # the fraction has all the digits of the unit, zeros as well
        text = pc.replace_substring_regex(text, r"\.?0+$", "")
    return pc.binary_join_element_wise(text, zone, "")

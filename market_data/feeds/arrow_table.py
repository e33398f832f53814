"""Record batches of Arrow as a table: of a Parquet file, or of a data frame."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from market_data.feeds.table import Rows

if TYPE_CHECKING:
    import pyarrow as pa

_SAMPLE = 200


def header(names: Sequence[str]) -> list[str]:
    """Return the names of the columns as a CSV file has them: an unnamed index without a name."""
    return ["" if is_nameless_index(name) else name for name in names]


def is_nameless_index(name: str) -> bool:
    """Tell whether this is how pandas calls an index without a name."""
    return name.startswith("__index_level_")


def sample(names: Sequence[str], batch: pa.RecordBatch | None) -> list[list[str]]:
    """Return the header and the first rows as text."""
    if batch is None:
        return [list(names)]
    columns = [values(batch.column(n).slice(0, _SAMPLE)) for n in range(len(names))]
    rows = [
        ["" if cell is None else str(cell) for cell in row] for row in zip(*columns, strict=True)
    ]
    return [list(names), *rows]


def rows_of(batches: Iterator[pa.RecordBatch], needed: list[int]) -> Iterator[Rows]:
    """Yield the rows of the batches, which hold just the needed columns in their order."""
    first = 1
    for batch in batches:
        columns = [values(batch.column(n)) for n in range(len(needed))]
        yield Rows(range(first, first + batch.num_rows), dict(zip(needed, columns, strict=True)))
        first += batch.num_rows


def values(column: pa.Array) -> list[Any]:
    """Return a column's values; dates and timestamps are ISO 8601 text."""
    found: list[Any] = _as_text(column).to_pylist()
    return found


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

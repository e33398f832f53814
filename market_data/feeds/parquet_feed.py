"""A Parquet file as a table, in record batches."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from market_data.errors import MissingPackageError, UnusableFileError
from market_data.feeds import arrow_table
from market_data.feeds.plan import Sample
from market_data.feeds.table import OnSkip, Rows
from market_data.feeds.timed import BATCH

if TYPE_CHECKING:
    import pyarrow.parquet as pq

# Bytes of a column that are read at once: a row group, which pyarrow would read ahead as a whole,
# may be larger than memory.
_READ_AT_ONCE = 1 << 20


class ParquetTable:
    """The rows of a Parquet file, which count from 1.

    :raises UnusableFileError: if the file cannot be read.
    :raises MissingPackageError: without pyarrow.
    """

    def __init__(self, path: Path, symbol: str):
        self._path = path
        with opened(path) as file:
            # where pandas has it in a CSV file: first, and without a name
            names = file.schema_arrow.names
            self._names = sorted(names, key=lambda name: not arrow_table.is_nameless_index(name))
            first = next(file.iter_batches(BATCH, columns=self._names), None)
            if first is not None:
                first = first.select(self._names)
        rows = arrow_table.sample(arrow_table.header(self._names), first)
        self.sample = Sample(str(path), symbol, rows, True, is_text=False)
        self.notes: list[str] = []

    def rows(self, needed: list[int], header_rows: int, on_skip: OnSkip) -> Iterator[Rows]:  # noqa: ARG002
        """Yield the rows; all of them have as many cells, and the header is not among them."""
        names = [self._names[index] for index in needed]
        with opened(self._path) as file:
            batches = (batch.select(names) for batch in file.iter_batches(BATCH, columns=names))
            yield from arrow_table.rows_of(batches, needed)


@contextmanager
def opened(path: Path) -> Iterator[pq.ParquetFile]:
    """Open a file; raises as ParquetTable does, also while it is read."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError:
        raise MissingPackageError(str(path), "pyarrow") from None
    try:
        with pq.ParquetFile(path, pre_buffer=False, buffer_size=_READ_AT_ONCE) as file:
            yield file
    except (OSError, pa.ArrowException) as error:
        reason = getattr(error, "strerror", None) or str(error).partition("\n")[0]
        raise UnusableFileError(str(path), reason, "a Parquet file that can be read") from error

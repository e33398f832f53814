"""Parquet files as a table, in record batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from market_data.errors import MissingPackageError, UnusableFileError
from market_data.feeds import arrow_table
from market_data.feeds.plan import Sample
from market_data.feeds.table import OnSkip, Rows
from market_data.feeds.timed import BATCH

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

# Bytes of a column that are read at once: a row group, which pyarrow would read ahead as a whole,
# may be larger than memory.
_READ_AT_ONCE = 1 << 20


class ParquetTable:
    """The rows of Parquet files of the same columns, one after the other; they count from 1.

    :param paths: one at least.
    :param shown: the table, as an error names it.
    :raises UnusableFileError: if a file cannot be read.
    :raises MissingPackageError: without pyarrow.
    """

    def __init__(self, paths: Sequence[Path], shown: str, symbol: str):
        self._paths = paths
        with opened(paths[0]) as file:
            # where pandas has it in a CSV file: first, and without a name
            names = file.schema_arrow.names
            self._names = sorted(names, key=lambda name: not arrow_table.is_nameless_index(name))
            first = next(file.iter_batches(BATCH, columns=self._names), None)
            if first is not None:
                first = first.select(self._names)
        rows = arrow_table.sample(arrow_table.header(self._names), first)
        self.sample = Sample(shown, symbol, rows, True, is_text=False)
        self.notes: list[str] = []

    def rows(self, needed: list[int], header_rows: int, on_skip: OnSkip) -> Iterator[Rows]:  # noqa: ARG002
        """Yield the rows; all of them have as many cells, and the header is not among them."""
        names = [self._names[index] for index in needed]
        batches = (batch for path in self._paths for batch in _batches(path, names))
        yield from arrow_table.rows_of(batches, needed)


def _batches(path: Path, names: list[str]) -> Iterator[pa.RecordBatch]:
    with opened(path) as file:
        for batch in file.iter_batches(BATCH, columns=names):
            yield batch.select(names)


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

"""The result of an SQL query as a table, by a cursor that streams."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

from market_data.errors import UnusableFileError
from market_data.feeds.columns import check_symbol
from market_data.feeds.database import database_errors, open_engine, reason_of
from market_data.feeds.plan import Sample
from market_data.feeds.sources import Source
from market_data.feeds.table import OnSkip, Rows
from market_data.feeds.timed import BATCH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Engine


class SqlTable:
    """The rows of a query's result, which count from 1.

    :raises UnusableFileError: if there is no query, the database refuses it, or no column
        tells the symbol.
    :raises MissingPackageError: without SQLAlchemy.
    """

    def __init__(self, source: Source, query: str | None, named: Mapping[str, str]):
        self._batches = _read(source, query)
        # the query runs once: its first row has the names
        header = next(self._batches)
        first = next(self._batches, None)
        if first is not None:
            self._batches = chain([first], self._batches)
        rows = [["" if cell is None else str(cell) for cell in row] for row in first or []]
        self.sample = Sample(str(source), "", [header, *rows], True, is_text=False)
        check_symbol(header, named, str(source))
        self.notes: list[str] = []

    def rows(self, needed: list[int], header_rows: int, on_skip: OnSkip) -> Iterator[Rows]:  # noqa: ARG002
        """Yield the rows; all of them have as many cells, and the header is not among them."""
        first = 1
        for rows in self._batches:
            columns = list(zip(*rows, strict=True))
            yield Rows(range(first, first + len(rows)), {index: columns[index] for index in needed})
            first += len(rows)


def _read(source: Source, query: str | None) -> Iterator[Any]:
    """Yield the names of the columns, then lists of rows."""
    shown = str(source)
    engine = open_engine(source.path or str(source.url), shown)
    try:
        if query is None:
            raise UnusableFileError(shown, "a database needs a query", _expected(engine))
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                # SQLite would create and drop tables even if nothing is committed
                connection.exec_driver_sql("PRAGMA query_only = ON")
            streaming = {"stream_results": True, "max_row_buffer": BATCH}
            result = connection.exec_driver_sql(query, execution_options=streaming)
            if not result.returns_rows:
                raise UnusableFileError(shown, "the query has no result", _expected(engine))
            yield list(result.keys())
            yield from result.partitions(BATCH)
    except database_errors() as error:
        reason = f"the query fails: {reason_of(error)}"
        raise UnusableFileError(shown, reason, _expected(engine)) from error
    finally:
        engine.dispose()


def _expected(engine: Engine) -> str:
    import sqlalchemy

    example = '--query "SELECT sid, ts, quote FROM … ORDER BY ts"'
    try:
        tables = sqlalchemy.inspect(engine).get_table_names()
    except sqlalchemy.exc.SQLAlchemyError:
        return example
    return f"{example}, from {', '.join(tables[:10])}" if tables else example

"""The result of an SQL query, by a cursor that streams: names of columns, then rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from market_data.errors import UnusableFileError
from market_data.feeds.database import database_errors, open_engine, reason_of, verbatim
from market_data.feeds.sources import Source
from market_data.feeds.timed import BATCH

if TYPE_CHECKING:
    from sqlalchemy import Engine


class SqlQuery:
    """A query that is run once; its rows come in batches.

    :raises UnusableFileError: if there is no query, or the database refuses it.
    :raises MissingPackageError: without SQLAlchemy.
    """

    def __init__(self, source: Source, query: str | None):
        self._found = _run(source, query)
        self.header: list[str] = next(self._found)

    def batches(self) -> Iterator[Sequence[Sequence[Any]]]:
        """Yield the rows; may be called once."""
        return self._found


def _run(source: Source, query: str | None) -> Iterator[Any]:
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
            result = connection.execute(verbatim(query), execution_options=streaming)
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

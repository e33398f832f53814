"""Quotes from an SQL query, by a cursor that streams."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from market_data.errors import MissingPackageError, UnusableFileError
from market_data.feeds.cells import BATCH, Cells, OnSkip, make_quotes
from market_data.feeds.columns import find_columns, missing_symbol
from market_data.feeds.quote import Quote
from market_data.feeds.sources import Source

if TYPE_CHECKING:
    from sqlalchemy import Engine


def read_sql(
    source: Source, query: str | None, columns: Mapping[str, str], on_skip: OnSkip
) -> Iterator[list[Quote]]:
    """Yield the quotes of a query in the order of its rows, a batch at a time.

    Rows count from 1. A time of a date or timestamp type becomes ISO 8601 text. UnusableFileError
    where there is no query, the database will not have it, or the result lacks a column;
    MissingPackageError without SQLAlchemy.
    """
    try:
        import sqlalchemy
    except ModuleNotFoundError:
        raise MissingPackageError(str(source), "SQLAlchemy") from None
    engine = _engine(source)
    try:
        if query is None:
            raise UnusableFileError(str(source), "a database needs a query", _expected(engine))
        with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                # SQLite would create and drop tables even if nothing is committed
                connection.exec_driver_sql("PRAGMA query_only = ON")
            streaming = {"stream_results": True, "max_row_buffer": BATCH}
            result = connection.exec_driver_sql(query, execution_options=streaming)
            if not result.returns_rows:
                raise UnusableFileError(str(source), "the query has no result", _expected(engine))
            header = list(result.keys())
            sid, ts, quote = find_columns(header, columns, str(source))
            if sid is None:
                raise missing_symbol(header, str(source))
            first_row = 1
            for rows in result.partitions(BATCH):
                by_column = list(zip(*rows, strict=True))
                cells = Cells(by_column[sid], by_column[ts], by_column[quote])
                yield make_quotes(cells, first_row, source.name, on_skip)
                first_row += len(rows)
    # of the two the latter is how sqlite3 refuses a second statement
    except (sqlalchemy.exc.SQLAlchemyError, sqlite3.Warning) as error:
        reason = str(getattr(error, "orig", error)).partition("\n")[0]
        raise UnusableFileError(
            str(source), f"the query fails: {reason}", _expected(engine)
        ) from error
    finally:
        engine.dispose()


def _engine(source: Source) -> Engine:
    import sqlalchemy

    if source.path:
        url = sqlalchemy.URL.create("sqlite", database=str(source.path))
        return sqlalchemy.create_engine(url)
    assert source.url is not None
    try:
        url = sqlalchemy.make_url(source.url)
        engine = sqlalchemy.create_engine(url)
    # its text may hold the URL, and that a password; the latter is of a port that is no number
    except (sqlalchemy.exc.ArgumentError, ValueError):
        raise UnusableFileError(
            str(source), "no database has such a URL", "sqlite:///FILE or DIALECT://…"
        ) from None
    except ModuleNotFoundError as error:
        raise UnusableFileError(
            str(source), f"its driver {error.name} is not installed", "a driver that is"
        ) from None
    # SQLite would create it
    if engine.dialect.name == "sqlite" and url.database and not Path(url.database).exists():
        raise UnusableFileError(str(source), "there is no such file", "a database")
    return engine


def _expected(engine: Engine) -> str:
    import sqlalchemy

    example = '--query "SELECT sid, ts, quote FROM … ORDER BY ts"'
    try:
        tables = sqlalchemy.inspect(engine).get_table_names()
    except sqlalchemy.exc.SQLAlchemyError:
        return example
    return f"{example}, from {', '.join(tables[:10])}" if tables else example

"""What is asked of a database, to follow a query's rows by a cursor."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy

from market_data.errors import UnusableFileError
from market_data.feeds.columns import Names
from market_data.feeds.database import database_errors, open_engine, reason_of, verbatim
from market_data.live.source import SourceLostError
from market_data.live.sql.cursor import Cursor

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Select, Subquery

# psycopg's options: a server that has vanished is noticed within half a minute or so.
_KEEPALIVE = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}


class Transactions(NamedTuple):
    """Numbers of transactions of PostgreSQL: all below `oldest` have ended, `next` is not begun."""

    oldest: int
    next: int


class Queries:
    """One connection to a database, and the questions that follow a query's rows.

    Every question is a transaction of its own. Each method raises SourceLostError where the
    database does not answer; `connect` raises UnusableFileError where it refuses the query.

    :param shown: the database, as messages name it.
    :param cursor: the name of a column of the query, in any case.
    """

    def __init__(self, url: str | Path, shown: str, query: str, cursor: str):
        self._shown = shown
        self._engine = open_engine(url, shown)
        # a comment may end the query
        self._query = query.strip().rstrip(";") + "\n"
        self._given_cursor = cursor
        self._connection: Connection | None = None
        self._has_worked = False
        self._rows: Subquery | None = None
        self._cursor: ColumnElement[Any] | None = None
        self.header: list[str] = []
        """The names of the columns, once it is connected."""
        self.at = 0
        """The index of the cursor's column."""

    def connect(self) -> None:
        """Connect, and ask for the columns.

        :raises UnusableFileError: if the query is refused, or has no such column; at the first time
            only: later a table may be away for a while.
        :raises UnknownColumnError: if it has no column of the cursor's name.
        """
        try:
            self._connection = self._connect()
        except database_errors() as error:
            raise SourceLostError(reason_of(error)) from error
        try:
            text = verbatim(self._query)
            rows = text.columns().subquery("followed")
            header = list(self._connection.execute(_all(rows).limit(0)).keys())
        except database_errors() as error:
            if self._has_worked or getattr(error, "connection_invalidated", False):
                raise SourceLostError(reason_of(error)) from error
            found = f"the query fails: {reason_of(error)}"
            raise UnusableFileError(
                self._shown, found, '--query "SELECT id, sid, ts, quote FROM …"'
            ) from error
        at = Names(header, self._shown).named("the cursor", self._given_cursor)
        self.header, self.at = header, at
        self._rows = text.columns(sqlalchemy.column(header[at])).subquery("followed")
        self._cursor = self._rows.c[header[at]]
        self._has_worked = True

    def _connect(self) -> Connection:
        dialect = self._engine.dialect
        if dialect.name == "postgresql" and dialect.driver == "psycopg":
            self._engine = _with_keepalive(self._engine)
        connection = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if dialect.name == "sqlite":
            # SQLite would create and drop tables even if nothing is committed
            connection.exec_driver_sql("PRAGMA query_only = ON")
        return connection

    def page(
        self, after: Cursor | None, up_to: Cursor | None, limit: int
    ) -> Sequence[Sequence[Any]]:
        """Return the first rows by the cursor that are above `after`, and not above `up_to`."""
        assert self._rows is not None
        assert self._cursor is not None
        asked = _all(self._rows).where(self._cursor.is_not(None))
        if after is not None:
            asked = asked.where(self._cursor > _bound(after))
        if up_to is not None:
            asked = asked.where(self._cursor <= _bound(up_to))
        return self._ask(asked.order_by(self._cursor).limit(limit))

    def highest(self) -> Cursor | None:
        """Return the highest value of the cursor; None without rows."""
        assert self._cursor is not None
        asked = sqlalchemy.select(self._cursor).where(self._cursor.is_not(None))
        found = self._ask(asked.order_by(self._cursor.desc()).limit(1))
        return found[0][0] if found else None

    def has_null(self) -> bool:
        """Tell whether a row has no value of the cursor."""
        assert self._cursor is not None
        asked = sqlalchemy.select(self._cursor).where(self._cursor.is_(None)).limit(1)
        return bool(self._ask(asked))

    def transactions(self) -> Transactions | None:
        """Return which transactions are under way; None where that cannot be asked.

        The latter is so with other databases than PostgreSQL, and with a standby of one.
        """
        if self._engine.dialect.name != "postgresql":
            return None
        # pg_snapshot_xmax is no end: a transaction under way may have a higher number. A number of
        # our own is above all of them.
        own = "CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_current_xact_id()::text END"
        asked = verbatim(f"SELECT pg_snapshot_xmin(pg_current_snapshot())::text, {own}")
        [(oldest, following)] = self._ask(asked)
        return None if following is None else Transactions(int(oldest), int(following))

    def close(self) -> None:
        """Disconnect."""
        if self._connection is not None:
            try:
                self._connection.invalidate()
                self._connection.close()
            except database_errors():
                pass
            self._connection = None
        self._engine.dispose()

    def _ask(self, asked: sqlalchemy.Executable) -> Sequence[Any]:
        assert self._connection is not None
        try:
            return self._connection.execute(asked).all()
        except database_errors() as error:
            raise SourceLostError(reason_of(error)) from error


def _all(rows: Subquery) -> Select[Any]:
    columns: ColumnElement[Any] = sqlalchemy.literal_column("*")
    return sqlalchemy.select(columns).select_from(rows)


def _bound(value: Cursor) -> ColumnElement[Any]:
    # of no type: SQLAlchemy would cast it to one of its own, which has no zone, or 32 bits
    return sqlalchemy.bindparam(None, value, type_=sqlalchemy.types.NullType())


def _with_keepalive(engine: sqlalchemy.Engine) -> sqlalchemy.Engine:
    own = {name: value for name, value in _KEEPALIVE.items() if name not in engine.url.query}
    return sqlalchemy.create_engine(engine.url, connect_args=own)

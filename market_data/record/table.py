"""A table of a database as a destination."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import sqlalchemy
from sqlalchemy import BigInteger, Column, Connection, LargeBinary, MetaData, String, Text, select
from sqlalchemy.dialects.mysql import LONGBLOB, LONGTEXT
from sqlalchemy.exc import IntegrityError

from market_data.errors import RecordingError
from market_data.feeds.database import database_errors, open_engine, reason_of
from market_data.mqtt.subscriber import Received
from market_data.record.destination import NotKeptError
from market_data.record.repeats import has_id

_MAX_ATTEMPTS = 10
"""To insert, where another recorder inserts into the same table at the same moment."""

_MYSQL = ("mysql", "mariadb")


class _Row(NamedTuple):
    """A message as the table has it, but for its number."""

    arrived: int
    topic: str
    payload: str | None
    bytes: bytes | None
    digest: str | None


class _Attempt(NamedTuple):
    """An insertion: the number and the content of its last row, and of how many messages it was."""

    seq: int
    last: _Row
    messages: int


class Table:
    """Keeps messages in a table, which is made if it is not there.

    `seq` is the order of arrival, over all starts. `digest` tells a message that has an id from all
    others, and is unique. So several recorders, each in a session of its own, may write one table:
    a message that has an id is kept once.

    :param url: of a database, as SQLAlchemy writes it; a file of SQLite is made if it is not there.
    :param shown: the database, as messages name it.
    :param name: of the table, perhaps with a schema before it: archive.messages.
    :param notify: called with a sentence if the database cannot be reached at the start.
    :raises RecordingError: if there is a table of other columns.
    :raises UnusableFileError: if no database has such a URL, or its driver is not installed.
    :raises MissingPackageError: without SQLAlchemy.
    """

    def __init__(self, url: str, shown: str, name: str, notify: Callable[[str], None]):
        self._shown = f"the table {name} of {shown}"
        self._engine = open_engine(url, shown, may_create=True)
        self._table = _table(name)
        self._connection: Connection | None = None
        # what was sent when the connection broke, and may be committed
        self._in_doubt: _Attempt | None = None
        self._fault = ""
        try:
            self._connected()
        except database_errors() as error:
            self._lose()
            self._fault = f"{self} cannot be written: {reason_of(error)}"
            notify(f"{self._fault}; trying again with each message")

    def __str__(self) -> str:
        return self._shown

    def keep(self, messages: Sequence[Received]) -> int:
        """Insert messages in one transaction, as `Destination` describes."""
        rows = list(map(_row, messages))
        try:
            for _ in range(_MAX_ATTEMPTS):
                try:
                    return self._insert(rows)
                except IntegrityError as error:
                    # another recorder has taken the number, or has the message
                    refusal = error
            raise refusal
        except database_errors() as error:
            self._lose()
            raise NotKeptError(reason_of(error)) from error

    def work(self) -> bool:
        """Do nothing: nothing waits."""
        return False

    def missing(self) -> list[str]:
        """Return a sentence while the database has not been reached since the start."""
        return [self._fault] if self._fault else []

    def close(self) -> None:
        """Disconnect."""
        self._lose()

    def _insert(self, rows: Sequence[_Row]) -> int:
        connection = self._connected()
        columns = self._table.c
        with connection.begin():
            before = self._committed(connection)
            rows = rows[before:]
            digests = {row.digest for row in rows if row.digest is not None}
            asked = select(columns.digest).where(columns.digest.in_(digests))
            known = set(connection.execute(asked).scalars()) if digests else set()
            new = []
            for row in rows:
                if row.digest is None or row.digest not in known:
                    known.add(row.digest)
                    new.append(row)
            if new:
                last = connection.execute(select(sqlalchemy.func.max(columns.seq))).scalar() or 0
                values = [{"seq": last + n, **row._asdict()} for n, row in enumerate(new, 1)]
                connection.execute(sqlalchemy.insert(self._table), values)
                self._in_doubt = _Attempt(last + len(new), new[-1], before + len(rows))
        self._in_doubt = None
        return before + len(new)

    def _committed(self, connection: Connection) -> int:
        """Return how many messages were committed, although the connection broke before the answer.

        Those without an id would otherwise be kept twice.
        """
        attempt = self._in_doubt
        if attempt is None:
            return 0
        columns = [self._table.c[name] for name in _Row._fields]
        asked = select(*columns).where(self._table.c.seq == attempt.seq)
        found = connection.execute(asked).first()
        return attempt.messages if found is not None and tuple(found) == attempt.last else 0

    def _connected(self) -> Connection:
        """Return the connection; the first time and after each loss a new one."""
        if self._connection is None:
            self._connection = connection = self._engine.connect()
            with connection.begin():
                self._table.metadata.create_all(connection)
            if connection.dialect.name == "postgresql":
                # what is acknowledged has to be on the disk, whatever is usual there
                with connection.begin():
                    asked = connection.exec_driver_sql("SHOW synchronous_commit").scalar()
                    if asked == "off":
                        connection.exec_driver_sql("SET synchronous_commit TO on")
            self._check_columns(connection)
            self._fault = ""
        return self._connection

    def _check_columns(self, connection: Connection) -> None:
        inspector = sqlalchemy.inspect(connection)
        columns = inspector.get_columns(self._table.name, self._table.schema)
        found = {each["name"] for each in columns}
        connection.rollback()
        if missing := [column.name for column in self._table.c if column.name not in found]:
            self._lose()
            raise RecordingError(
                self._shown,
                f"it has no column {', '.join(missing)}",
                "another --table, or one that a recorder has made",
            )

    def _lose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.invalidate()
                connection.close()
            except database_errors():
                pass
        self._engine.dispose()


def _table(name: str) -> sqlalchemy.Table:
    text: Any = Text().with_variant(LONGTEXT(), *_MYSQL)
    raw: Any = LargeBinary().with_variant(LONGBLOB(), *_MYSQL)
    schema, _, own_name = name.rpartition(".")
    return sqlalchemy.Table(
        own_name,
        MetaData(schema=schema or None),
        Column("seq", BigInteger, primary_key=True, autoincrement=False),
        Column("arrived", BigInteger, nullable=False, comment="in µs since 1970, UTC"),
        Column("topic", text, nullable=False),
        Column("payload", text, comment="the message, where it is text"),
        Column("bytes", raw, comment="the message, where it is none"),
        Column("digest", String(32), unique=True, comment="of a message that has an id"),
        mysql_charset="utf8mb4",
        mariadb_charset="utf8mb4",
    )


def _row(message: Received) -> _Row:
    topic, payload = message.topic, message.payload
    digest = None
    if has_id(payload):
        digest = blake2b(b"%b\0%b" % (topic.encode(), payload), digest_size=16).hexdigest()
    arrived = message.arrived // 1000
    try:
        # a text of PostgreSQL holds no zero
        text = None if b"\0" in payload else payload.decode()
    except UnicodeDecodeError:
        text = None
    return _Row(arrived, topic, text, payload if text is None else None, digest)

"""A table as a destination: each message once, in order, and none that is acknowledged is lost."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from market_data import FeedError
from market_data.record.destination import NotKeptError
from market_data.record.table import Table
from tests.market_data.record.messages import START, quote, received
from tests.support.postgres import Postgres


@pytest.fixture(params=["postgresql", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/recorded.db"
    postgres: Postgres = request.getfixturevalue("postgres")
    return postgres.url(postgres.new_database())


@pytest.fixture
def table(url: str) -> Iterator[Callable[..., Table]]:
    """Makes destinations, and closes them."""
    made: list[Table] = []

    def maker(name: str = "messages", notify: Callable[[str], None] = print) -> Table:
        made.append(Table(url, "the database", name, notify))
        return made[-1]

    yield maker
    for each in made:
        each.close()


def rows(url: str, columns: str = "seq, topic, payload") -> list[tuple[Any, ...]]:
    engine = sqlalchemy.create_engine(url)
    with engine.connect() as connection:
        found = connection.exec_driver_sql(f"SELECT {columns} FROM messages ORDER BY seq")
        return [tuple(row) for row in found]


def test_messages_are_kept_in_the_order_of_their_arrival_over_all_starts(
    table: Callable[..., Table], url: str
) -> None:
    kept = [[quote(2), quote(1)], [received("hello", "a/b", START + 1_999_999)]]
    assert [table().keep(messages) for messages in kept] == [2, 1]
    assert rows(url, "seq, arrived, topic, payload") == [
        (1, START // 1000 + 2_000_000, "quotes", '{"sid": "GOOG", "quote": 102, "id": "r:2"}'),
        (2, START // 1000 + 1_000_000, "quotes", '{"sid": "GOOG", "quote": 101, "id": "r:1"}'),
        (3, START // 1000 + 1999, "a/b", "hello"),
    ]


def test_a_message_with_an_id_is_kept_once_and_one_without_each_time(
    table: Callable[..., Table], url: str
) -> None:
    without = received('{"sid": "GOOG", "quote": 1}')
    other = received('{"sid": "GOOG", "quote": 2, "id": "r:1"}')
    first = table()
    assert first.keep([quote(1), without, quote(1), without]) == 3
    # after a restart the broker sends again what was not acknowledged
    assert table().keep([quote(1), other, without]) == 2
    assert first.keep([quote(1), other]) == 0
    payloads = [row[2] for row in rows(url)]
    assert payloads.count(without.payload.decode()) == 3
    assert sorted(set(payloads)) == sorted(m.payload.decode() for m in (quote(1), without, other))


def test_what_is_no_text_is_kept_as_it_is(table: Callable[..., Table], url: str) -> None:
    kept = [b"\xff\x00", b"\0", "héllo 😀".encode(), b""]
    assert table().keep([received(payload) for payload in kept]) == 4
    found = [
        payload.encode() if payload is not None else bytes(raw)
        for payload, raw in rows(url, "payload, bytes")
    ]
    assert found == kept


def test_several_recorders_of_one_table_keep_each_message_once(
    table: Callable[..., Table], url: str
) -> None:
    messages = [quote(number) for number in range(300)]
    refusals: list[str] = []

    def run(destination: Table) -> None:
        for at in range(0, 300, 10):
            while True:
                try:
                    destination.keep(messages[at : at + 10])
                except NotKeptError as error:
                    refusals.append(str(error))
                    continue
                break

    threads = [threading.Thread(target=run, args=[table()]) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # that another one was quicker is no reason to wait
    assert set(refusals) <= {"database is locked"}
    found = rows(url)
    assert [row[2] for row in found] == [message.payload.decode() for message in messages]
    assert [row[0] for row in found] == list(range(1, 301))


@pytest.mark.parametrize("is_committed", [True, False])
def test_a_connection_that_breaks_at_the_commit_keeps_a_message_once(
    table: Callable[..., Table], url: str, monkeypatch: pytest.MonkeyPatch, is_committed: bool
) -> None:
    """Also messages without an id, by which they could be told."""
    destination = table()
    dialect = destination._engine.dialect
    commit = dialect.do_commit

    def breaking(connection: Any) -> None:
        (commit if is_committed else dialect.do_rollback)(connection)
        monkeypatch.undo()
        raise sqlalchemy.exc.OperationalError("COMMIT", None, Exception("connection lost"))

    messages = [received("a"), received("a"), received("b")]
    monkeypatch.setattr(dialect, "do_commit", breaking)
    with pytest.raises(NotKeptError, match="connection lost"):
        destination.keep(messages)
    assert destination.keep([*messages, received("a")]) == 4
    assert [row[2] for row in rows(url)] == ["a", "a", "b", "a"]


def test_a_table_of_other_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "recorded.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE messages (seq INTEGER, topic TEXT)")
    with pytest.raises(FeedError) as caught:
        Table(f"sqlite:///{path}", "the database", "messages", print)
    assert str(caught.value) == (
        "the table messages of the database: it has no column arrived, payload, bytes, digest;"
        " expected another --table, or one that a recorder has made"
    )


def test_a_database_that_is_away_keeps_nothing_and_later_all(postgres: Postgres) -> None:
    url = postgres.url(postgres.new_database())
    told: list[str] = []
    postgres.stop()
    destination = Table(url, "the database", "messages", told.append)
    assert "the table messages of the database cannot be written: connection failed" in told[0]
    with pytest.raises(NotKeptError):
        destination.keep([quote(1)])
    postgres.start()
    assert destination.keep([quote(1)]) == 1
    postgres.stop()
    with pytest.raises(NotKeptError):
        destination.keep([quote(1), quote(2)])
    postgres.start()
    assert destination.keep([quote(1), quote(2)]) == 1
    assert [row[0] for row in rows(url)] == [1, 2]
    destination.close()

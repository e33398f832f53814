"""`market-data live --sql`: rows of PostgreSQL and SQLite, published as they come."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from market_data import FeedError, as_message, open_feed
from market_data.feeds.options import ReadOptions
from market_data.live.source import Batch
from market_data.live.sql.source import Settings, SqlSource
from tests.market_data.subscriber import Subscriber
from tests.support.brokers import Broker
from tests.support.postgres import Postgres
from tests.support.processes import Process, eventually

QUERY = "SELECT id, sid, ts, price AS quote FROM ticks"


class Ticks(NamedTuple):
    """A table of quotes in a database of PostgreSQL of its own."""

    url: str
    name: str
    connection: psycopg.Connection

    def insert(self, *prices: float) -> None:
        for price in prices:
            self.connection.execute("INSERT INTO ticks (price) VALUES (%s)", [price])


@pytest.fixture
def ticks(postgres: Postgres) -> Iterator[Ticks]:
    name = postgres.new_database()
    with postgres.connect(name) as connection:
        connection.execute(
            "CREATE TABLE ticks (id bigserial PRIMARY KEY, sid text DEFAULT 'GOOG',"
            " ts timestamptz DEFAULT '2024-01-10 21:55:31+01', price numeric)"
        )
        yield Ticks(postgres.url(name), name, connection)


@pytest.fixture
def live(start: Callable[..., Process]) -> Callable[..., Process]:
    """Starts the command, which asks often and settles soon."""

    def starter(broker: Broker, url: object, *options: object, query: str = QUERY) -> Process:
        return start(
            *("market-data", "live", "--sql", url, "--query", query, "--cursor", "id"),
            *("--every", "20ms", "--mqtt", broker.url, *options),
        )

    return starter


def test_new_rows_are_published_as_they_come_with_ids_of_their_cursor(
    mosquitto: Broker,
    ticks: Ticks,
    live: Callable[..., Process],
    subscribe: Callable[..., Subscriber],
) -> None:
    subscriber = subscribe(mosquitto.port)
    ticks.insert(345.1)
    process = live(mosquitto, ticks.url)
    process.wait_for(f"publishing postgresql://.*/{ticks.name} as {ticks.name} to quotes")
    subscriber.await_count(1)
    ticks.insert(346.2, 347)
    assert subscriber.await_count(3) == [
        {
            "sid": "GOOG",
            "quote": price,
            "ts": "2024-01-10T20:55:31+00:00",
            "id": f"{ticks.name}:GOOG:{number}",
        }
        for number, price in enumerate([345.1, 346.2, 347.0], start=1)
    ]


def test_a_row_that_is_committed_after_a_higher_one_is_published(
    mosquitto: Broker,
    postgres: Postgres,
    ticks: Ticks,
    live: Callable[..., Process],
    subscribe: Callable[..., Subscriber],
) -> None:
    subscriber = subscribe(mosquitto.port)
    live(mosquitto, ticks.url, "--settle", "30ms")
    with postgres.connect(ticks.name) as other:
        other.execute("BEGIN")
        other.execute("INSERT INTO ticks (price) VALUES (1)")
        # long after --settle: the transaction is known to be under way
        for number in range(2, 7):
            ticks.insert(number)
            subscriber.await_count(number - 1)
        assert [message["quote"] for message in subscriber.messages] == [2, 3, 4, 5, 6]
        other.execute("COMMIT")
    assert subscriber.await_count(6)[-1]["id"] == f"{ticks.name}:GOOG:1"
    ticks.insert(7)
    assert [message["quote"] for message in subscriber.await_count(7)] == [2, 3, 4, 5, 6, 1, 7]


def test_killed_and_started_again_no_row_is_lost_and_none_has_another_id(
    mosquitto: Broker,
    tmp_path: Path,
    ticks: Ticks,
    live: Callable[..., Process],
    subscribe: Callable[..., Subscriber],
) -> None:
    subscriber = subscribe(mosquitto.port)
    state = tmp_path / "live.json"
    for life in range(3):
        ticks.connection.execute(
            "INSERT INTO ticks (price) SELECT n FROM generate_series(%s::int, %s::int) n",
            [life * 1000 + 1, life * 1000 + 1000],
        )
        process = live(mosquitto, ticks.url, "--settle", "20ms", "--state", state)
        # amid a page, and at its end
        eventually(
            lambda at=life * 1000 + (1 + 499 * life): len(subscriber.first_appearances()) >= at,
            "some of the rows",
        )
        process.kill()
    live(mosquitto, ticks.url, "--settle", "20ms", "--state", state)
    eventually(lambda: len(subscriber.first_appearances()) == 3000, "all rows")
    assert {message["id"]: message["quote"] for message in subscriber.messages} == {
        f"{ticks.name}:GOOG:{number}": number for number in range(1, 3001)
    }


def test_after_a_restart_only_what_the_broker_may_have_lost_comes_again(
    mosquitto: Broker,
    tmp_path: Path,
    ticks: Ticks,
    live: Callable[..., Process],
    subscribe: Callable[..., Subscriber],
) -> None:
    subscriber = subscribe(mosquitto.port)
    state = tmp_path / "live.json"
    state.write_text(
        json.dumps(
            {"version": 1, "source": ticks.name, "topic": "quotes", "position": {"after": 2}}
        )
    )
    ticks.insert(1, 2, 3)
    process = live(mosquitto, ticks.url, "--state", state)
    process.wait_for("continuing")
    assert [message["quote"] for message in subscriber.await_count(1)] == [3]


def test_a_database_that_goes_away_is_reported_and_followed_again(
    mosquitto: Broker,
    postgres: Postgres,
    ticks: Ticks,
    live: Callable[..., Process],
    subscribe: Callable[..., Subscriber],
) -> None:
    subscriber = subscribe(mosquitto.port)
    process = live(mosquitto, ticks.url)
    ticks.insert(1)
    subscriber.await_count(1)
    postgres.stop()
    process.wait_for(f"{ticks.name} is unavailable: .*; trying again")
    postgres.start()
    process.wait_for(f"{ticks.name} is back")
    with postgres.connect(ticks.name) as connection:
        connection.execute("INSERT INTO ticks (price) VALUES (2)")
    assert [message["quote"] for message in subscriber.await_count(2)] == [1, 2]


@pytest.mark.parametrize(
    ("kind", "values", "texts"),
    [
        ("numeric(20)", ["7", "12345678901234567890"], ["7", "12345678901234567890"]),
        (
            "timestamptz",
            ["2024-01-10 21:55:31.5+01", "2024-01-11"],
            ["2024-01-10T20:55:31.500000+00:00", "2024-01-11T00:00:00+00:00"],
        ),
        (
            "timestamp",
            ["2024-01-10 21:55", "2024-02-01"],
            ["2024-01-10T21:55:00", "2024-02-01T00:00:00"],
        ),
        ("date", ["2024-01-10", "2024-01-11"], ["2024-01-10", "2024-01-11"]),
        ("text", ["a:9", "b"], ["a:9", "b"]),
        ("double precision", ["0.5", "1704920131.25"], ["0.5", "1704920131.25"]),
    ],
)
def test_a_cursor_is_a_number_a_time_or_a_text(
    ticks: Ticks, kind: str, values: list[str], texts: list[str]
) -> None:
    """The second value is found from the first one, as a state file has it."""
    ticks.connection.execute(f"ALTER TABLE ticks DROP COLUMN id, ADD COLUMN id {kind}")
    # a session that shows times in a zone of its own makes no other id
    ticks.connection.execute(f"ALTER DATABASE {ticks.name} SET timezone = 'Asia/Tokyo'")
    position = None
    for value, text in zip(values, texts, strict=True):
        ticks.connection.execute("INSERT INTO ticks (id, price) VALUES (%s, 1)", [value])
        source = sql_source(ticks)
        source.connect(position)
        batches: list[Batch] = []
        # until the row is settled
        while not batches or batches[-1].position == (position or {"after": None}):
            batches += filter(None, [source.read(0.1)])
        source.close()
        position = json.loads(json.dumps(batches[-1].position))
        ids = [as_message(quote, "")["id"] for batch in batches for quote in batch.quotes]
        assert ids == [f"{ticks.name}:GOOG:{text}"]


def test_a_feed_and_the_live_source_of_one_query_give_the_same_quotes(ticks: Ticks) -> None:
    query = (
        "SELECT id, sid, price AS close, 2 * price AS high, 'x' AS volume,"
        " to_char(ts, 'DD.MM.YYYY HH24:MI') AS day FROM ticks"
        " WHERE sid LIKE 'G%' AND ts > '2024-01-10 00:00'::timestamptz"
    )
    options: ReadOptions = {
        "columns": {"ts": "day"},
        "time_format": "%d.%m.%Y %H:%M",
        "timezone": "Europe/Berlin",
    }
    ticks.insert(345.25, 0, 346.5)  # a price of 0 is none
    feed = open_feed(ticks.url, query=f"{query} ORDER BY id", **options)
    settings = Settings(ticks.url, "db", ticks.name, query, "ID", 1, 1, options)
    source = SqlSource(settings, print)
    source.connect(None)
    batch = source.read(0.1)
    source.close()
    assert batch is not None
    found, expected = ([as_message(quote, "r") for quote in some] for some in (batch.quotes, feed))
    assert [message.pop("id") for message in found] == [f"{ticks.name}:GOOG:{n}" for n in (1, 3)]
    assert [message.pop("id") for message in expected] == [f"{ticks.name}:r:{n}" for n in (1, 3)]
    assert found == expected
    assert found[0]["ts"] == "2024-01-10T20:55:00+01:00"


def test_a_time_that_comes_twice_is_the_first_whatever_rows_come_with_it(tmp_path: Path) -> None:
    path = tmp_path / "ticks.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE ticks (id integer PRIMARY KEY, sid, ts, price)")
        connection.executemany(
            "INSERT INTO ticks (sid, ts, price) VALUES ('GOOG', ?, 345)",
            [["2024-11-03 01:45:00"], ["2024-11-03 01:15:00"], ["2024-11-03 02:00:00"]],
        )
    told: list[str] = []
    reading: ReadOptions = {"timezone": "America/New_York"}
    settings = Settings(path, str(path), "db", QUERY, "id", 1, 1, reading)
    source = SqlSource(settings, told.append)
    source.connect(None)
    batch = source.read(0)
    assert batch is not None
    assert [quote.ts for quote in batch.quotes] == [
        "2024-11-03T01:45:00-04:00",
        "2024-11-03T01:15:00-04:00",
        "2024-11-03T02:00:00-05:00",
    ]
    (sentence,) = told
    assert "the row with the id 1 has the time 2024-11-03 01:45:00, which comes twice" in sentence


def test_a_transaction_is_awaited_although_none_with_a_higher_number_has_ended(
    postgres: Postgres, ticks: Ticks
) -> None:
    """PostgreSQL counts it among those that have not begun (pg_snapshot_xmax)."""
    insert = "INSERT INTO ticks (price) VALUES (1)"
    source = sql_source(ticks)
    source.connect(None)

    def cursors(sweeps: int) -> list[str]:
        batches = [source.read(0.1) for _ in range(3 * sweeps)]
        quotes = [quote for batch in batches if batch for quote in batch.quotes]
        return [as_message(quote, "")["id"].rpartition(":")[2] for quote in quotes]

    with postgres.connect(ticks.name) as early, postgres.connect(ticks.name) as late:
        for connection in (early, late):
            connection.execute("BEGIN")
            connection.execute(insert)
        early.execute(insert)
        early.execute("COMMIT")
        assert cursors(20) == ["1", "3"]
        late.execute("COMMIT")
    assert cursors(20) == ["2"]
    source.close()


def sql_source(ticks: Ticks) -> SqlSource:
    settings = Settings(ticks.url, "db", ticks.name, QUERY, "id", 0.001, 0.001, {})
    return SqlSource(settings, print)


def test_rows_that_cannot_be_published_are_reported_and_the_others_go_on(
    mosquitto: Broker,
    ticks: Ticks,
    live: Callable[..., Process],
    subscribe: Callable[..., Subscriber],
) -> None:
    ticks.connection.execute("ALTER TABLE ticks DROP CONSTRAINT ticks_pkey")
    ticks.connection.execute("ALTER TABLE ticks ALTER id DROP NOT NULL, ALTER ts TYPE text")
    ticks.connection.execute(
        "INSERT INTO ticks VALUES (NULL, 'GOOG', '2024-01-10', 1), (1, 'GOOG', '2024-01-10', -1),"
        " (2, 'GOOG', '01/02/2024', 1), (3, 'GOOG', '2024-01-10', 3), (3, 'GOOG', '2024-01-10', 4),"
        " (3, 'AAPL', '2024-01-10', 5), (4, 'GOOG', '2024-01-10', 6)"
    )
    subscriber = subscribe(mosquitto.port)
    process = live(mosquitto, ticks.url)
    for sentence in (
        "a row has no id: rows without one are not published",
        "the row with the id 1 is skipped: ",
        'the row with the id 2 is skipped: .*"01/02/2024"',
        "another row of GOOG has the id 3: it is not published",
    ):
        process.wait_for(sentence)
    assert {message["quote"] for message in subscriber.await_count(3)} in ({3, 5, 6}, {4, 5, 6})


@pytest.mark.parametrize(
    ("query", "cursor", "sentence"),
    [
        ("SELECT * FROM tikcs", "id", "the query fails: no such table: tikcs; expected --query"),
        ("DROP TABLE ticks", "id", "the query fails: .*syntax error"),
        (
            "SELECT * FROM ticks",
            "idd",
            'there is no column "idd" for the cursor; did you mean "id"',
        ),
        ("SELECT id, ts, price FROM ticks", "id", "no symbol among the columns id, ts, price"),
        ("SELECT id, sid, price FROM ticks", "id", "no time among the columns id, sid, price"),
        ("SELECT *, 1 AS date, 1 AS time FROM t", "id", "--columns ts=date.time, or --columns ts="),
        ("SELECT x'00' AS id, 'A' AS sid, 1 AS price, 1 AS ts", "id", "it has b'.x00', a bytes"),
    ],
)
def test_a_query_that_cannot_be_followed_is_a_sentence(
    tmp_path: Path, query: str, cursor: str, sentence: str
) -> None:
    path = tmp_path / "prices.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE ticks (id INTEGER PRIMARY KEY, sid, ts, price)")
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, sid, price)")
    source = SqlSource(Settings(path, str(path), "db", query, cursor, 1, 1, {}), print)

    def begin() -> None:
        source.connect(None)
        source.read(0.1)

    with pytest.raises(FeedError, match=sentence):
        begin()
    source.close()


def test_a_mistake_that_the_database_finds_ends_the_command_with_its_sentence(
    mosquitto: Broker, tmp_path: Path, live: Callable[..., Process]
) -> None:
    path = tmp_path / "prices.db"
    sqlite3.connect(path).close()
    path.touch()
    process = live(mosquitto, path)
    assert process.wait() == 2
    assert f"{path}: the query fails: no such table: ticks" in process.output
    assert "Traceback" not in process.output


def test_sqlite_is_followed_without_a_package_of_postgresql(
    mosquitto: Broker,
    tmp_path: Path,
    live: Callable[..., Process],
    subscribe: Callable[..., Subscriber],
) -> None:
    path = tmp_path / "prices.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE ticks (id INTEGER PRIMARY KEY, sid, ts, price)")
    connection.commit()
    subscriber = subscribe(mosquitto.port)
    live(mosquitto, path, query=f"{QUERY} WHERE ts > '2024' -- not the old ones;")
    for number in (1, 2):
        connection.execute("INSERT INTO ticks VALUES (?, 'GOOG', '2024-01-10', 3.5)", [number])
        connection.commit()
        subscriber.await_count(number)
    assert subscriber.first_appearances() == ["prices:GOOG:1", "prices:GOOG:2"]
    connection.close()

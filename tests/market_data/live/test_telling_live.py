"""What a live source tells of itself, over HTTP and on `stats/<part>`, at real brokers."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.brokers import Broker
from tests.support.processes import Process, eventually
from tests.support.told import Told, described, samples
from tests.support.watcher import Watcher

Start = Callable[..., Process]
Insert = Callable[..., None]

COMMAND = (
    *("market-data", "live", "--query", "SELECT id, sid, ts, quote FROM ticks"),
    *("--cursor", "id", "--name", "db", "--every", "20ms", "--settle", "1ms"),
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "ticks.db", isolation_level=None)) as made:
        made.execute("CREATE TABLE ticks (id INTEGER PRIMARY KEY, sid, ts, quote)")
        yield made


@pytest.fixture
def insert(database: sqlite3.Connection) -> Insert:
    """Inserts a row whose time is so many seconds ago."""

    def one(quote: float | None, ago: float = 0.0) -> None:
        row = ("GOOG", time.time() - ago, quote)
        database.execute("INSERT INTO ticks (sid, ts, quote) VALUES (?, ?, ?)", row)

    return one


def test_a_source_that_is_silent_goes_on_telling_what_it_did(
    mosquitto: Broker, start: Start, insert: Insert, tmp_path: Path
) -> None:
    watcher = Watcher(mosquitto, "quotes", "stats/#")
    told = Told()
    start(*COMMAND, "--sql", tmp_path / "ticks.db", "--mqtt", mosquitto.url, "--http", told.port)
    told.await_value("tickwire_mqtt_connected", 1)
    served = told.metrics()
    assert "tickwire_feed_lag_seconds" not in served
    insert(345.1, ago=3600)
    insert(None)
    watcher.wait("quotes")
    told.await_value('tickwire_feed_skipped_total{code="missing"}', 1)
    told.await_value("tickwire_feed_quotes_confirmed_total", 1)
    sections = ("Every process", "Every process with a broker", "market-data live")
    assert told.metrics() == described(*sections)
    values = told.values()
    assert values["tickwire_feed_quotes_published_total"] == 1
    assert values["tickwire_feed_gaps_total"] == 0
    assert 3600 <= values["tickwire_feed_lag_seconds"] < 7200
    assert 0 <= time.time() - values["tickwire_feed_last_quote_timestamp_seconds"] < 3600
    assert told.reasons() == []
    count = len(watcher.of("stats/live:db"))
    last = watcher.wait("stats/live:db", count + 2)[-1]
    assert (last["part"], last["ready"], last["reasons"]) == ("live:db", True, [])
    assert samples(last)["tickwire_feed_quotes_confirmed_total"] == 1
    assert ["tickwire_feed_skipped_total", {"code": "missing"}, 1] in last["samples"]
    watcher.close()


def test_the_reasons_are_those_of_the_moment(
    mosquitto: Broker,
    start: Start,
    database: sqlite3.Connection,
    insert: Insert,
    tmp_path: Path,
) -> None:
    """The quotes lag, then nothing comes, then the source is lost."""
    watcher = Watcher(mosquitto, "quotes")
    told = Told()
    process = start(
        *(*COMMAND, "--sql", tmp_path / "ticks.db", "--mqtt", mosquitto.url),
        *("--http", told.port, "--max-lag", "10m", "--max-silence", "1s"),
    )
    insert(345.1, ago=3600)
    told.await_reason(r"^db lags: its last quote came 36\d\d s after its time$")
    process.wait_for("quotes of db come 36.. s after their time")
    insert(345.2)
    process.wait_for("quotes of db come in time again")
    told.await_reason(r"^no quote of db for \d+ s$")
    database.execute("ALTER TABLE ticks RENAME TO others")
    told.await_reason(r"^.*ticks.db is unavailable: .*no such table: ticks")
    database.execute("ALTER TABLE others RENAME TO ticks")
    eventually(lambda: insert(345.3) or told.reasons() == [], "readiness")
    watcher.close()

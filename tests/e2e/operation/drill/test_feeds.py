"""What is told when something is wrong with what comes, or with the clock."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tests.deploy.monitoring import MISSING, PROMETHEUS
from tests.e2e.operation.drill.stand import Stand
from tests.support.processes import free_port

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)

pytestmark = pytest.mark.skipif(PROMETHEUS is None, reason=MISSING)


def test_a_feed_that_is_silent_is_told(stand: Stand) -> None:
    table = stand.folder / "ticks.db"
    with sqlite3.connect(table) as connection:
        connection.execute("CREATE TABLE ticks (id INTEGER PRIMARY KEY, sid, ts, quote)")
        connection.execute("INSERT INTO ticks VALUES (1, 'GOOG', '2024-01-10', 100)")
    connection.close()
    stand.begin()
    http = free_port()
    live = stand.start(
        "market-data", "live", "--sql", table, "--query", "SELECT * FROM ticks", "--cursor", "id",
        "--every", "50ms", "--settle", "1ms", "--max-silence", "1s", "--mqtt", stand.broker.url,
        "--http", http,
    )  # fmt: skip
    live.http = http
    stand.await_told(
        alert="FeedSilent",
        ready=live,
        reason=r"^no quote of ticks for \d+ s",
        log=live,
        line=r"warning: no quote of ticks for \d+ s",
    )
    with sqlite3.connect(table) as connection:
        connection.execute("INSERT INTO ticks VALUES (2, 'GOOG', '2024-01-11', 101)")
    connection.close()
    live.wait_for("quotes of ticks again")
    stand.await_over("FeedSilent")


def test_a_feed_that_sends_garbage_is_told(stand: Stand) -> None:
    stand.begin()
    stand.await_told(
        alert="QuotesRefused",
        ready=stand.bridge,
        reason=r"each of the last \d+ messages of quotes and data was refused",
        log=stand.bridge,
        line=r"warning: refused: ",
        meanwhile=lambda: stand.watcher.publish(b"\x00 garbage"),
    )
    stand.quote()
    stand.await_over("QuotesRefused", stand.bridge)


@pytest.mark.skipif(LIBRARY is None, reason="faketime is not installed: `apt-get install faketime`")
def test_a_clock_that_is_set_back_is_told(stand: Stand) -> None:
    clock = stand.folder / "clock"
    clock.write_text("+0s")
    stand.begin(
        env={
            "LD_PRELOAD": str(LIBRARY),
            "FAKETIME_TIMESTAMP_FILE": str(clock),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
    )
    clock.write_text("-3600s")
    for part in (stand.bridge, stand.service):
        stand.await_told(
            alert="ClockWrong",
            ready=part,
            reason=r"^the clock of this computer was set back by 3600 s",
            log=part,
            line=r"warning: the clock of this computer was set back by 3600 s",
        )

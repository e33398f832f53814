"""What a replay tells of itself, over HTTP and on `stats/<part>`, at real brokers."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

from tests.market_data.page import Page
from tests.market_data.subscriber import Subscriber
from tests.support.brokers import Broker
from tests.support.processes import Process, free_port
from tests.support.told import Told, described, samples
from tests.support.watcher import Watcher

Start = Callable[..., Process]
Subscribe = Callable[..., Subscriber]


def test_a_replay_that_waits_long_for_its_next_quote_goes_on_telling_what_it_did(
    mosquitto: Broker, start: Start, tmp_path: Path
) -> None:
    source = tmp_path / "three.csv"
    source.write_text("date,symbol,price\n2020-01-01,A,1\n2020-01-02,A,\n2020-01-03,A,3\n")
    watcher = Watcher(mosquitto, "p/quotes", "p/stats/#")
    told, before = Told(), time.time()
    # the second quote is due in half an hour
    process = start(
        *("market-data", "replay", source, "--rate", "0.0005", "--run", "my run"),
        *("--mqtt", mosquitto.url, "--prefix", "p/", "--http", told.port),
    )
    watcher.wait("p/quotes")
    first, *_, last = watcher.wait("p/stats/replay:my%20run", 2)
    told.await_ready()
    assert told.get("/healthz")[0] == 200
    sections = "Every process", "Every process with a broker", "market-data replay"
    assert told.metrics() == described(*sections)
    values = told.values()
    assert values["tickwire_feed_quotes_published_total"] == 1
    assert values["tickwire_feed_quotes_confirmed_total"] == 1
    assert values['tickwire_feed_skipped_total{code="missing"}'] == 1
    assert before < values["tickwire_feed_last_quote_timestamp_seconds"] < time.time()
    assert values["tickwire_mqtt_connected"] == 1
    assert values["tickwire_mqtt_reconnects_total"] == 0
    assert (last["part"], last["component"], last["name"]) == (
        *("replay:my run", "replay"),
        "my run",
    )
    assert first["instance"] == last["instance"]
    assert first["at"] < last["at"]
    assert samples(last)["tickwire_feed_quotes_confirmed_total"] == 1
    assert ["tickwire_feed_skipped_total", {"code": "missing"}, 1] in last["samples"]
    assert process.stop() == 0
    assert "1 quotes published, 1 confirmed" in process.output
    watcher.close()


def test_the_reasons_are_those_of_the_moment(
    mosquitto: Broker, start: Start, subscribe: Subscribe, page: Page
) -> None:
    """The page, then the subscribers, then the broker are missing."""
    told = Told()
    replay = start(
        *("market-data", "replay", "goog", "--rate", "50", "--when-ready", page.url),
        *("--mqtt", mosquitto.url, "--http", told.port),
    )
    told.await_reason(f"^{re.escape(page.url)} is not ready$")
    page.status = 200
    told.await_reason("^nobody is subscribed to quotes$")
    subscriber = subscribe(mosquitto.port)
    told.await_ready()
    mosquitto.process.kill()
    told.await_reason(rf"^the broker at {mosquitto.url} is unavailable: ")
    assert told.values()["tickwire_mqtt_connected"] == 0
    mosquitto.start()
    told.await_ready()
    told.await_value("tickwire_mqtt_reconnects_total", 1)
    assert len(subscriber.messages) > 0
    replay.stop()


def test_a_port_that_is_taken_ends_it_with_a_sentence(start: Start) -> None:
    told = Told()
    options = ("--mqtt", f"mqtt://127.0.0.1:{free_port()}", "--http", told.port)
    first = start("market-data", "replay", "goog", *options)
    told.await_reason("is unavailable")
    second = start("market-data", "replay", "goog", *options)
    assert second.wait() == 2
    assert f"--http 127.0.0.1:{told.port}: cannot listen there: Address already" in second.output
    first.stop()

"""What the services of live quotes tell of themselves, over HTTP and on `stats/<part>`."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.support.brokers import Broker
from tests.support.processes import Process
from tests.support.told import Told, described, samples
from tests.support.watcher import Watcher

Start = Callable[..., Process]

SECTIONS = ("Every process", "Every process with a broker", "market-data indicators and bars")


def quote(minute: int, own_id: str) -> dict[str, object]:
    return {"sid": "GOOG", "quote": 1.5, "ts": 1_700_000_000 + 60 * minute, "id": own_id}


def test_bars_tell_what_they_took_and_what_they_did_not(mosquitto: Broker, start: Start) -> None:
    watcher, told = Watcher(mosquitto, "bars/#", "stats/#"), Told()
    start("market-data", "bars", "--every", "1m", "--mqtt", mosquitto.url, "--http", told.port)
    told.await_ready()
    assert told.metrics() == described(*SECTIONS)
    for each in (quote(0, "a"), quote(2, "b"), quote(2, "b"), quote(0, "late"), {}, {}):
        watcher.publish(each)
    told.await_value('tickwire_derive_refused_total{code="no_quote"}', 2)
    values = told.values()
    assert values['tickwire_derive_refused_total{code="algorithm"}'] == 1
    assert values["tickwire_derive_late_total"] == 1
    assert values["tickwire_derive_quotes_total"] == 3
    assert values["tickwire_derive_duplicates_total"] == 1
    assert 0 <= time.time() - values["tickwire_derive_last_quote_timestamp_seconds"] < 3600
    # a bar, and three records
    told.await_value("tickwire_derive_messages_confirmed_total", 4)
    assert told.values()["tickwire_derive_messages_total"] == 4
    part = "stats/bars:market-data-bars-1m"
    count = len(watcher.of(part))
    last = watcher.wait(part, count + 2)[-1]
    assert (last["part"], last["component"]) == ("bars:market-data-bars-1m", "bars")
    assert samples(last)["tickwire_derive_late_total"] == 1
    watcher.close()


def test_indicators_are_not_ready_while_every_quote_is_refused_and_the_broker_is_away(
    mosquitto: Broker, start: Start
) -> None:
    watcher, told = Watcher(mosquitto, "stats/#"), Told()
    service = start(
        *("market-data", "indicators", "--indicator", "sma:2", "--session", "mine"),
        *("--mqtt", mosquitto.url, "--http", told.port),
    )
    told.await_ready()
    assert told.metrics() == described(*SECTIONS)
    for _ in range(20):
        watcher.publish("GOOG 345")
    told.await_reason("^each of the last 20 quotes was refused: .*JSON")
    part = "stats/indicators:mine"
    watcher.wait_until(lambda: watcher.last(part).get("ready") is False, part)
    watcher.publish(quote(0, "a"))
    told.await_ready()
    mosquitto.process.kill()
    told.await_reason(f"^the broker at {mosquitto.url} is unavailable: ")
    mosquitto.start()
    told.await_ready()
    # its two connections, one of them for the quotes
    told.await_value("tickwire_mqtt_reconnects_total", 2)
    assert service.stop() == 0
    watcher.close()

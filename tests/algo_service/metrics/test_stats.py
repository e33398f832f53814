"""What a service publishes of itself at a real broker."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import zerorpc

from tests.algo_service.conftest import Service
from tests.algo_service.metrics.conftest import Watched
from tests.support.brokers import Broker
from tests.support.processes import eventually
from tests.support.watcher import Watcher


def test_an_announced_service_publishes_its_stats(
    watched: Callable[..., Watched], connect: Callable[[Service], zerorpc.Client], mosquitto: Broker
) -> None:
    topic = "s/stats/algo:a%20b"
    watcher = Watcher(mosquitto, topic)
    service = watched("--name", "a b", "--announce", mosquitto.url, "--prefix", "s")
    connect(service.service).initialize({})

    def numbers() -> dict[str, Any] | None:
        last = json.loads((watcher.raw(topic) or ["{}"])[-1])
        found = {
            name: value
            for name, labels, value in last.get("samples", [])
            if labels in ({}, {"algo": "a b"})
        }
        return found if found.get("tickwire_algo_equity") == 50000 else None

    found = eventually(numbers, "the equity")
    assert found["tickwire_mqtt_connected"] == 1
    assert found["tickwire_algo_last_decision_timestamp_seconds"] == 0
    last = json.loads(watcher.raw(topic)[-1])
    assert (last["part"], last["component"], last["name"]) == ("algo:a b", "algo", "a b")
    assert (last["ready"], last["reasons"]) == (True, [])
    watcher.close()


def test_a_service_tells_that_its_broker_was_lost_and_came_back(
    watched: Callable[..., Watched], mosquitto: Broker
) -> None:
    service = watched("--announce", mosquitto.url)

    def await_connected(expected: int) -> None:
        eventually(
            lambda: service.samples().get("tickwire_mqtt_connected") == expected,
            f"tickwire_mqtt_connected to be {expected}",
        )

    await_connected(1)
    mosquitto.process.kill()
    await_connected(0)
    assert service.reasons() == []
    mosquitto.start()
    await_connected(1)
    assert service.samples()["tickwire_mqtt_reconnects_total"] == 1


def test_a_standby_has_no_connection_that_could_be_lost(
    watched: Callable[..., Watched],
    connect: Callable[[Service], zerorpc.Client],
    mosquitto: Broker,
    tmp_path: Path,
) -> None:
    service = watched("--announce", mosquitto.url, "--journal", tmp_path / "j.db")
    client = connect(service.service)
    client.initialize({})
    client.events([{"sid": "GOOG", "quote": 1, "id": "1", "channel": "quotes"}])

    def is_connected() -> float | None:
        return service.samples().get("tickwire_mqtt_connected")

    eventually(lambda: is_connected() == 1, "the connection")
    client.release()
    assert is_connected() is None
    client.acquire(1)
    eventually(lambda: is_connected() == 1, "the connection")

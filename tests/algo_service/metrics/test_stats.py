"""What a service publishes of itself at a real broker."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import zerorpc

from tests.algo_service.conftest import Service
from tests.algo_service.metrics.conftest import Watched
from tests.support.brokers import Broker
from tests.support.processes import eventually
from tests.support.watcher import Watcher


def test_an_announced_service_publishes_its_stats(
    watched: Callable[..., Watched], connect: Callable[[Service], zerorpc.Client], broker: Broker
) -> None:
    topic = "s/stats/algo:a%20b"
    watcher = Watcher(broker, topic)
    service = watched("--name", "a b", "--announce", broker.url, "--prefix", "s")
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

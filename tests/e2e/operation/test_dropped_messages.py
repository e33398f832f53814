"""A broker drops quotes of a bridge that is away: the bridge says so, and which are missing."""

from __future__ import annotations

import json
from collections.abc import Callable

from paho.mqtt.publish import multiple

from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import eventually
from tests.support.watcher import Watcher

DROPPED = "$SYS/broker/publish/messages/dropped"
QUOTES = 5_000
QUEUE = 1_000
"""mosquitto's default; so many more are on their way, and wait elsewhere."""


def test_the_bridge_warns_of_what_the_broker_has_dropped_while_it_was_away(
    mosquitto: Broker, parts: Parts, watch: Callable[..., Watcher]
) -> None:
    mosquitto.process.end()
    mosquitto.configure("max_queued_messages 5000000\n", "")
    mosquitto.configure("max_inflight_messages 1000\n", "sys_interval 1\n")
    mosquitto.start()
    service = parts.service("--name", "a")
    bridge = parts.bridge(mosquitto, service)
    assert bridge.stop() == 0
    publish(mosquitto, 1, QUOTES)
    told = watch(mosquitto, DROPPED)  # the broker counts again once a second
    eventually(lambda: told.raw(DROPPED)[-1:] == [str(QUOTES - QUEUE)], "what the broker counts")
    again = parts.bridge(mosquitto, service)
    line = again.wait_for("has dropped messages of clients")
    assert f"the broker {mosquitto.url} has dropped" in line
    # "since it was started", unless the broker has told of none before
    assert "whose queues were full" in line
    assert "Set max_queued_messages of mosquitto.conf higher (1000 is its default)" in line
    assert f"dropped={QUOTES - QUEUE}" in line
    publish(mosquitto, QUOTES + 1, QUOTES + 10)
    gap = again.wait_for("the numbered ids of a feed have a gap")
    assert f"none from feed:{QUEUE + 1} to feed:{QUOTES} has come" in gap
    assert f"missing={QUOTES - QUEUE}" in gap


def publish(broker: Broker, first: int, last: int) -> None:
    """Publish the quotes of these numbers."""
    quotes = [{"sid": "GOOG", "quote": 100, "id": f"feed:{n}"} for n in range(first, last + 1)]
    payloads = [{"topic": "quotes", "qos": 1, "payload": json.dumps(each)} for each in quotes]
    multiple(payloads, port=broker.port)  # type: ignore[arg-type]

"""Quotes with the retain flag are decided like others; the copy that is retained is none."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import Process
from tests.support.watcher import Watcher

Watch = Callable[..., Watcher]

DROPPED = "dropped: a retained message is not a new one"


def publish_retained(watcher: Watcher, quote: dict[str, Any]) -> None:
    watcher.client.publish("quotes", json.dumps(quote), qos=1, retain=True).wait_for_publish()


def decided(watcher: Watcher) -> list[str]:
    return [order["sid"] for order in watcher.of("orders/random")]


def test_retained_quotes_of_an_absence_are_decided_once(
    broker: Broker, parts: Parts, watch: Watch
) -> None:
    """Retained quotes that came while the bridge was away are decided once."""
    service = parts.service("--param", "threshold=0")
    watcher = watch(broker)

    def live(count: int) -> Process:
        bridge = parts.bridge(broker, service)
        bridge.wait_for(DROPPED)  # the copy that the broker retains comes at every subscription
        watcher.publish({"sid": "LIVE", "quote": 3})
        watcher.wait("orders/random", count)
        return bridge

    parts.bridge(broker, service).kill()
    publish_retained(watcher, {"sid": "A", "quote": 1, "id": "a"})
    publish_retained(watcher, {"sid": "B", "quote": 2})  # without an id nothing else tells it apart
    assert live(3).stop() == 0
    publish_retained(watcher, {"sid": "C", "quote": 1})
    assert live(5).stop() == 0
    live(6)
    assert decided(watcher) == ["A", "B", "LIVE", "C", "LIVE", "LIVE"]


def test_a_quote_that_is_retained_while_the_bridge_listens_is_decided_once(
    broker: Broker, parts: Parts, watch: Watch
) -> None:
    service = parts.service("--param", "threshold=0")
    bridge = parts.bridge(broker, service)
    watcher = watch(broker)
    publish_retained(watcher, {"sid": "A", "quote": 1})
    watcher.wait("orders/random")
    assert bridge.stop() == 0
    parts.bridge(broker, service).wait_for(DROPPED)
    watcher.publish({"sid": "LIVE", "quote": 3})
    watcher.wait("orders/random", 2)
    assert decided(watcher) == ["A", "LIVE"]


def test_an_undecided_retained_quote_comes_again_and_is_decided_once(
    broker: Broker, parts: Parts, watch: Watch
) -> None:
    """A retained quote that was read and not decided comes again and is decided once."""
    service = parts.service("--param", "threshold=0")
    bridge = parts.bridge(broker, service, "--log-level", "debug")
    service.kill()
    bridge.wait_for("is lost; waiting for it")
    watcher = watch(broker)
    publish_retained(watcher, {"sid": "A", "quote": 1, "id": "a"})
    bridge.wait_for("received ")
    bridge.kill()
    again = parts.service("--param", "threshold=0", address=service.address)
    parts.bridge(broker, again).wait_for(DROPPED)
    watcher.publish({"sid": "LIVE", "quote": 3})
    watcher.wait("orders/random", 2)
    assert decided(watcher) == ["A", "LIVE"]

"""An MQTT client that watches the pipeline in tests."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt

from tests.support.brokers import Broker
from tests.support.processes import PATIENCE

KEEPALIVE = 60
"""Seconds, unless the broker has a limit."""


def elements(payload: str) -> list[str]:
    """The texts of an array's orders or fills, byte for byte; of another message itself."""
    if not payload.startswith("["):
        return [payload]
    texts, at = [], 1
    while at < len(payload):
        _, end = json.JSONDecoder().raw_decode(payload, at)
        texts.append(payload[at:end])
        at = end + 1  # behind the comma or the bracket
    return texts


class Watcher:
    """An MQTT client that collects every message of the topics it watches, and can publish.

    It takes arrays of orders and fills apart.
    """

    def __init__(self, broker: Broker, *topics: str):
        self._messages: defaultdict[str, list[str]] = defaultdict(list)
        self._changed = threading.Condition()
        self._subscribed = threading.Event()
        self._topics = topics
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        self.client.max_inflight_messages_set(1000)
        self.client.on_connect = self._on_connect
        self.client.on_subscribe = lambda *_: self._subscribed.set()
        self.client.on_message = self._on_message
        self.client.reconnect_delay_set(0.1, 0.5)
        # tests give anything with a port, too; a broker with a limit refuses a longer one
        keepalive = getattr(broker, "keepalive", KEEPALIVE)
        self.client.connect("127.0.0.1", broker.port, keepalive)
        self.client.loop_start()
        assert self._subscribed.wait(PATIENCE)

    def _on_connect(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe([(topic, 1) for topic in self._topics])

    def _on_message(self, _client: mqtt.Client, _: Any, message: mqtt.MQTTMessage) -> None:
        payload = message.payload.decode(errors="replace")  # what others write may be anything
        is_output = {"orders", "fills"} & set(message.topic.split("/"))
        with self._changed:
            self._messages[message.topic] += elements(payload) if is_output else [payload]
            self._changed.notify_all()

    def publish(self, payload: str | bytes | dict[str, Any], topic: str = "quotes") -> None:
        """Publish at QoS 1 and await the broker's confirmation."""
        raw = json.dumps(payload) if isinstance(payload, dict) else payload
        self.client.publish(topic, raw, qos=1).wait_for_publish(PATIENCE)

    def of(self, topic: str) -> list[Any]:
        """What came on a topic so far, parsed."""
        return [json.loads(payload) for payload in self.raw(topic)]

    def last(self, topic: str) -> dict[str, Any]:
        """The message that came last on a topic, parsed; nothing if none came so far."""
        last: dict[str, Any] = json.loads((self.raw(topic) or ["{}"])[-1])
        return last

    def raw(self, topic: str) -> list[str]:
        """What came on a topic so far, as it came."""
        with self._changed:
            return list(self._messages[topic])

    def topics(self) -> list[str]:
        """The topics on which something came so far."""
        with self._changed:
            return list(self._messages)

    def wait(self, topic: str, count: int = 1, patience: float = PATIENCE) -> list[Any]:
        """Await `count` messages on a topic and return them, parsed."""
        return self.wait_until(lambda: len(self._messages[topic]) >= count, topic, patience)

    def wait_until(
        self, condition: Callable[[], bool], topic: str, patience: float = PATIENCE
    ) -> list[Any]:
        """Await a condition on what came, and return what came on a topic."""
        deadline = time.monotonic() + patience
        while not condition():
            with self._changed:
                self._changed.wait(0.1)
            assert time.monotonic() < deadline, f"came on {topic}: {self.raw(topic)[-2:]}"
        return self.of(topic)

    def close(self) -> None:
        """Disconnect."""
        self.client.disconnect()
        self.client.loop_stop()

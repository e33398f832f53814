"""A subscriber of the tests: keeps what it gets, in the order in which it came."""

from __future__ import annotations

import json
import threading
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from tests.support.processes import eventually


class Subscriber:
    """Subscribed at QoS 1 once it is made, and again after every loss of its connection.

    With the name of a `session` the broker keeps what comes while it is away.
    """

    def __init__(self, port: int, topic: str = "quotes", session: str | None = None):
        self.messages: list[dict[str, Any]] = []
        self.retained = 0
        self._subscribed = threading.Event()
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id=session or "", clean_session=session is None
        )
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._take
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._subscribed.wait(30)

    def _take(self, _client: object, _data: object, message: Any) -> None:
        assert message.qos == (0 if message.topic.startswith("stats/") else 1)
        self.retained += message.retain
        self.messages.append(json.loads(message.payload))

    def await_count(self, count: int) -> list[dict[str, Any]]:
        """Everything received, once there are `count` messages."""
        eventually(lambda: len(self.messages) >= count, f"{count} messages")
        return self.messages

    def first_appearances(self) -> list[str]:
        """The ids received, each where it came first."""
        return list(dict.fromkeys(message["id"] for message in self.messages))

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

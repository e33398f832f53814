"""Someone who replies to commands, as the bridge does, but with what a test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt

from tests.support.processes import PATIENCE, eventually


class Replier:
    """Subscribed to all commands once it is made, in a session that outlives a connection.

    :param answers: what it publishes at each command, bytes or the fields of a reply; without one
        it keeps silent.
    :param then: called after that.
    """

    def __init__(
        self,
        port: int,
        *answers: bytes | dict[str, Any],
        prefix: str = "",
        then: Callable[[], None] = lambda: None,
    ):
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self._then = then
        self._prefix = prefix
        self._subscribed = threading.Event()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, "replier", clean_session=False)
        self._client.on_connect = lambda client, *_: client.subscribe(f"{prefix}commands/+", qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._take
        self._client.reconnect_delay_set(0.1, 0.2)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._subscribed.wait(PATIENCE)

    def _take(self, client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        asked = json.loads(message.payload)
        self.asked.append((message.topic, asked))
        algo = message.topic.rpartition("/")[2]
        common = {key: asked[key] for key in ("id", "command", "by")}
        for each in self.answers:
            if isinstance(each, dict):
                fields = {"algo": algo, **common, "halt": None, "stop": None, "waiting": []}
                payload = json.dumps({**fields, **each}).encode()
            else:
                payload = each
            client.publish(f"{self._prefix}replies/{algo}", payload, qos=1)
        self._then()

    def await_asked(self, count: int) -> None:
        """Await so many commands."""
        eventually(lambda: len(self.asked) >= count, f"{count} commands")

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

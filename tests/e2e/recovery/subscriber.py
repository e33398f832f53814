"""Who reads what is published while parts are killed, and keeps every record once."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Callable
from typing import Any

import paho.mqtt.client as mqtt

from tests.e2e.recovery.ledger import Records
from tests.support.processes import PATIENCE, eventually
from tests.support.watcher import elements

RUN = "prices:r"


class Subscriber:
    """Someone who reads all outputs in a persistent session, which outlives every kill.

    :param connect: connects a client, by the name of its session.
    """

    def __init__(
        self,
        connect: Callable[[mqtt.Client, str], None],
        topics: tuple[str, ...] = ("orders/+", "fills/+", "replies/+"),
        session: str = "chaos-subscriber",
    ):
        self.records: Records = {}
        self.conflicts: list[tuple[str, str]] = []
        self.row = 0
        """The last row of the prices that an output mentions."""
        self._subscribed = threading.Event()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, session, clean_session=False)
        self._client.on_connect = lambda client, *_: client.subscribe([(t, 1) for t in topics])
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(0.1, 0.2)
        connect(self._client, session)
        self._client.loop_start()
        assert self._subscribed.wait(PATIENCE)

    def _on_message(self, _client: mqtt.Client, _: Any, message: mqtt.MQTTMessage) -> None:
        for text in elements(message.payload.decode()):
            self._take(message.topic, text)

    def _take(self, topic: str, text: str) -> None:
        record = json.loads(text)
        key = (topic, record["id"])
        run, _, row = record.get("quote_id", "").rpartition(":")
        if run == RUN:
            self.row = max(self.row, int(row))
        # the same order may come again; another one under its id may not
        if self.records.setdefault(key, text) != text:
            self.conflicts.append((self.records[key], text))

    def has(self, topic: str, id_: str, patience: float) -> bool:
        """Whether a record with this id comes in time."""
        with contextlib.suppress(AssertionError):
            eventually(lambda: (topic, id_) in self.records, "a record", patience)
        return (topic, id_) in self.records

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()

"""A steady flow of quotes with ids, in order, while a test does something else."""

from __future__ import annotations

import json
import threading
from types import TracebackType

import paho.mqtt.client as mqtt

from tests.support.brokers import Broker
from tests.support.processes import PATIENCE

RATE = 150
"""Quotes per second."""


class Flow:
    """Publishes quotes with the ids 0, 1, 2 … from one client that never reconnects.

    As a context: it begins at the start of the block, and has ended, confirmed, at its end.
    """

    def __init__(self, broker: Broker, first: int = 0, rate: float = RATE):
        self._pause = 1 / rate
        self.count = first
        """How many quotes are published, as far as all flows of a test are concerned."""
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
        self._client.max_inflight_messages_set(1000)
        self._client.connect("127.0.0.1", broker.port)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        confirmed = []
        while not self._ending.wait(self._pause):
            quote = {"sid": "GOOG", "quote": 100 + self.count % 7, "id": str(self.count)}
            confirmed.append(self._client.publish("quotes", json.dumps(quote), qos=1))
            self.count += 1
        for each in confirmed:
            each.wait_for_publish(PATIENCE)

    def __enter__(self) -> Flow:
        self._client.loop_start()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._ending.set()
        self._thread.join()
        self._client.disconnect()
        self._client.loop_stop()

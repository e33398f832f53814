"""A client that takes the client id of another one, as a second process does by mistake."""

from __future__ import annotations

import contextlib
import threading

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from tests.support.brokers import Broker


class Intruder:
    """Connects with this id, and again whenever it is disconnected, until `close`."""

    def __init__(self, broker: Broker, client_id: str):
        self._port = broker.port
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=False,
            reconnect_on_failure=False,
        )
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Leave the id to the other client."""
        self._end.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._end.wait(0.1):
            with contextlib.suppress(OSError):
                self._client.connect("127.0.0.1", self._port)
                while not self._client.loop(0.05) and not self._end.is_set():
                    pass
        self._client.disconnect()

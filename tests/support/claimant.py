"""Someone who claims an algorithm, as its bridge does."""

from __future__ import annotations

import json
import threading

import paho.mqtt.client as mqtt

from tests.support.processes import PATIENCE

CLAIM = {"instance": "f61aa0d6a08e0b3c", "started": 1795400333123, "host": "trader", "pid": 4711}


class Claimant:
    """Retains the claim, and answers questions with it.

    :param withdraws: whether it withdraws the claim when the record is emptied, as a bridge that
        discovers algorithms does.
    """

    def __init__(self, port: int, name: str, *, withdraws: bool = False):
        self._name = name
        self._withdraws = withdraws
        self._is_claimed = True
        self._subscribed = threading.Event()
        self._client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        topics = [(f"{kind}/{name}", 1) for kind in ("bridges", "algos")]
        self._client.on_connect = lambda client, *_: client.subscribe(topics)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._take
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._subscribed.wait(PATIENCE)
        self._publish(json.dumps(CLAIM)).wait_for_publish(PATIENCE)

    def _publish(self, payload: str) -> mqtt.MQTTMessageInfo:
        return self._client.publish(f"bridges/{self._name}", payload, qos=1, retain=True)

    def _take(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        if message.topic.startswith("algos/"):
            if self._withdraws and not message.payload:
                self._is_claimed = False
                self._publish("")
        elif self._is_claimed and message.payload and "asks" in json.loads(message.payload):
            self._publish(json.dumps(CLAIM))

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()


def session(port: int, client_id: str) -> bool:
    """Open and leave a session, and return whether the broker had kept it."""
    present: list[bool] = []
    done = threading.Event()

    def connected(client: mqtt.Client, _data: object, flags: mqtt.ConnectFlags, *_: object) -> None:
        present.append(flags.session_present)
        client.subscribe("quotes", qos=1)

    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id, clean_session=False)
    client.on_connect = connected
    client.on_subscribe = lambda *_: done.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    assert done.wait(PATIENCE)
    client.disconnect()
    client.loop_stop()
    return present[0]

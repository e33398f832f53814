"""The whole pipeline in real processes: a broker, services, bridges, and someone who watches."""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import pytest

from tests.support.brokers import Broker
from tests.support.processes import PATIENCE, Process, eventually, free_port, readyz


class Watcher:
    """An MQTT client that collects every message of the topics it watches, and can publish."""

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
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()
        assert self._subscribed.wait(PATIENCE)

    def _on_connect(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe([(topic, 1) for topic in self._topics])

    def _on_message(self, _client: mqtt.Client, _: Any, message: mqtt.MQTTMessage) -> None:
        with self._changed:
            self._messages[message.topic].append(message.payload.decode())
            self._changed.notify_all()

    def publish(self, payload: str | bytes | dict[str, Any], topic: str = "quotes") -> None:
        """Publish at QoS 1 and await the broker's confirmation."""
        raw = json.dumps(payload) if isinstance(payload, dict) else payload
        self.client.publish(topic, raw, qos=1).wait_for_publish(PATIENCE)

    def of(self, topic: str) -> list[Any]:
        """What came on a topic so far, parsed."""
        return [json.loads(payload) for payload in self.raw(topic)]

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


@pytest.fixture
def watch() -> Iterator[Callable[..., Watcher]]:
    """Makes watchers and disconnects them after the test."""
    watchers: list[Watcher] = []

    def watcher(broker: Broker, *topics: str) -> Watcher:
        outputs = topics or ("orders/#", "fills/#", "errors/#", "portfolios/#")
        watchers.append(Watcher(broker, *outputs))
        return watchers[-1]

    yield watcher
    for each in watchers:
        each.close()


class Parts:
    """Starts the pipeline's parts at free ports."""

    def __init__(self, start: Callable[..., Process], folder: Path):
        self._start = start
        self._folder = folder

    def address(self) -> str:
        """An address that nothing listens on."""
        return f"tcp://127.0.0.1:{free_port()}"

    def file(self, name: str, code: str) -> Path:
        """A file of the user's own."""
        path = self._folder / name
        path.write_text(code)
        return path

    def service(self, *options: object, address: str | None = None, **settings: Any) -> Process:
        """Start `algo-service serve`; its address is at `.address`."""
        address = address or self.address()
        process = self._start("algo-service", "serve", "--addr", address, *options, **settings)
        process.address = address
        process.wait_for("^serving on ")
        return process

    def server(self, code: str) -> Process:
        """Start a plain `zerorpc.Server` from Python code that binds at `address`."""
        address = self.address()
        path = self.file("server.py", code)
        process = self._start("python", "-u", path, address)
        process.address = address
        return process

    def bridge(self, broker: Broker, backend: Process | str, *options: object, ready: bool = True,
               **settings: Any) -> Process:  # fmt: skip
        """Start `bridge-node`, and await its readiness."""
        rpc = backend if isinstance(backend, str) else backend.address
        http = free_port()
        process = self._start(
            "bridge-node", "--mqtt", broker.url, "--rpc", rpc, "--http", http, *options, **settings
        )
        process.http = http
        if ready:
            eventually(lambda: status(process) == 200, f"readiness; it printed:\n{process.output}")
        return process


def status(bridge: Process) -> int:
    """The HTTP status of the bridge's /readyz; 0 while it does not answer."""
    return readyz(bridge.http)


def readiness(bridge: Process, query: str = "") -> tuple[int, str]:
    """Status and text of the bridge's /readyz; 0 while it does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{bridge.http}/readyz{query}") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
    except OSError:
        return 0, ""


@pytest.fixture
def parts(start: Callable[..., Process], tmp_path: Path) -> Parts:
    """Starts services and bridges that end with the test."""
    return Parts(start, tmp_path)

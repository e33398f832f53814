"""A bridge that is told to end says so once, and waits for nothing that is gone."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable

import paho.mqtt.client as mqtt
import pytest

from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import PATIENCE, Process, eventually
from tests.support.watcher import Watcher

Watch = Callable[..., Watcher]

WAITS = """
import pathlib, time

class Waits:
    def initialize(self, params): return ['quotes']
    def event(self, data):
        print('deciding', flush=True)
        while data['sid'] == 'WAIT' and not pathlib.Path(FILE).exists():
            time.sleep(0.01)
        return {'side': 'buy', 'sid': data['sid'], 'quantity': 1}
"""


def waits(parts: Parts) -> Process:
    """A service that decides on WAIT only once the file `go` is there."""
    go = parts.file("go", "")
    go.unlink()
    code = WAITS.replace("FILE", repr(str(go)))
    service = parts.service("--algo", f"{parts.file('waits.py', code)}:Waits")
    service.go = go
    return service


def after_the_word(bridge: Process) -> list[str]:
    """The lines behind the one that says that it ends."""
    lines = bridge.output.splitlines()
    (told,) = [n for n, line in enumerate(lines) if "asked to stop" in line]
    return lines[told + 1 :]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_bridge_that_ends_with_broker_and_backend_says_so_once(
    broker: Broker, parts: Parts, watch: Watch, number: signal.Signals
) -> None:
    """A bridge that ends with its broker and its backend says so once and nothing behind it."""
    service = waits(parts)
    bridge = parts.bridge(broker, service)
    watcher = watch(broker)
    watcher.publish({"sid": "WAIT", "quote": 1, "id": "1"})
    service.wait_for("deciding")
    bridge.signal(number)
    bridge.wait_for("asked to stop")
    service.kill()
    broker.process.kill()
    assert bridge.wait() == 0
    assert after_the_word(bridge) == []
    assert "WARN" not in bridge.output


@pytest.mark.parametrize("gone", ["broker", "service"])
def test_a_bridge_does_not_wait_for_a_batch_without_broker_or_backend(
    mosquitto: Broker, parts: Parts, watch: Watch, gone: str
) -> None:
    """A bridge does not wait for a batch whose broker or backend is gone."""
    service = waits(parts)
    bridge = parts.bridge(mosquitto, service)
    watcher = watch(mosquitto, "orders/#", "bridges/#")
    watcher.publish({"sid": "WAIT", "quote": 1, "id": "1"})
    service.wait_for("deciding")
    bridge.signal(signal.SIGTERM)
    bridge.wait_for("asked to stop")
    (mosquitto.process if gone == "broker" else service).kill()
    assert bridge.wait() == 0
    assert after_the_word(bridge) == []
    if gone == "service":
        assert watcher.raw("bridges/Waits")[-1] == ""
    assert watcher.raw("orders/Waits") == []


def test_a_backend_that_ends_after_the_word_is_not_reported_lost(
    mosquitto: Broker, parts: Parts, watch: Watch
) -> None:
    """A backend that ends after the word is not said to be lost however slow the broker is."""
    service = waits(parts)
    bridge = parts.bridge(mosquitto, service)
    watch(mosquitto).publish({"sid": "WAIT", "quote": 1, "id": "1"})
    service.wait_for("deciding")
    mosquitto.process.signal(signal.SIGSTOP)
    bridge.signal(signal.SIGTERM)
    bridge.wait_for("asked to stop")
    service.kill()
    assert bridge.wait() == 0
    assert after_the_word(bridge) == []
    mosquitto.process.signal(signal.SIGCONT)


def test_a_batch_under_way_is_done_with_first_where_both_are_there(
    mosquitto: Broker, parts: Parts, watch: Watch
) -> None:
    service = waits(parts)
    bridge = parts.bridge(mosquitto, service)
    watcher = watch(mosquitto, "orders/#", "portfolios/#")
    watcher.publish({"sid": "WAIT", "quote": 1, "id": "1"})
    service.wait_for("deciding")
    bridge.signal(signal.SIGTERM)
    bridge.wait_for("asked to stop")
    service.go.touch()
    assert bridge.wait() == 0
    watcher.wait("orders/Waits")
    assert watcher.of("portfolios/Waits")[-1]["quote_id"] == "1"
    # it was acknowledged: the next bridge does not get it again
    again = parts.bridge(mosquitto, service, env={"LOG_LEVEL": "debug"})
    watcher.publish({"sid": "GOOG", "quote": 1, "id": "2"})
    watcher.wait("orders/Waits", 2)
    assert again.output.count("debug: received") == 1


def test_parts_that_are_told_to_end_all_at_once_all_end_without_a_warning(
    broker: Broker, parts: Parts, watch: Watch
) -> None:
    service = waits(parts)
    bridge = parts.bridge(broker, service)
    watcher = watch(broker, "orders/#")
    for n in range(50):
        watcher.publish({"sid": "GOOG", "quote": 1, "id": str(n)})
    watcher.wait("orders/Waits", 50)
    watcher.close()
    for part in (broker.process, service, bridge):
        part.signal(signal.SIGTERM)
    assert [part.wait() for part in (broker.process, service, bridge)] == [0, 0, 0]
    assert "WARN" not in bridge.output
    assert "ERROR" not in bridge.output
    assert bridge.output.count("asked to stop") == 1


def test_the_embedded_broker_ends_whoever_is_connected(embedded: Broker, watch: Watch) -> None:
    mute = socket.create_connection(("127.0.0.1", embedded.port))
    watcher = watch(embedded, "a/#")
    stopped = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    stopped.connect("127.0.0.1", embedded.port)  # it says CONNECT, and reads nothing from then on
    for _ in range(1000):
        watcher.client.publish("a/b", "x" * 1000, qos=1)
    watcher.wait_until(lambda: len(watcher.raw("a/b")) > 10, "a/other", PATIENCE)
    assert embedded.process.stop() == 0
    assert embedded.process.output.count("\n") == 0
    mute.close()
    eventually(lambda: not watcher.client.is_connected(), "the end of the connection")

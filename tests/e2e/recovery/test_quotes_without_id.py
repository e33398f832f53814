"""What has no id is decided once, too, where the broker sends it again to the same bridge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import Process, eventually
from tests.support.relay import Relay
from tests.support.watcher import Watcher

HELD = """\
import os, pathlib, time
class Held:
    def initialize(self, params): return ["quotes", "data/x"]
    def event(self, data):
        print("decides", data.get("sid", "data"), flush=True)
        while pathlib.Path(os.environ["HOLD"]).exists(): time.sleep(0.01)
        return {"side": "buy", "sid": "A", "quantity": 1}
"""


@pytest.fixture
def relay(broker: Broker) -> Iterator[Relay]:
    """The bridge's way to the broker."""
    made = Relay(broker.port)
    yield made
    made.close()


@pytest.fixture
def service(parts: Parts, tmp_path: Path) -> Process:
    """Decides nothing while there is a file `hold`."""
    algo = f"{parts.file('held.py', HELD)}:Held"
    (tmp_path / "hold").touch()
    env = {"HOLD": str(tmp_path / "hold")}
    return parts.service("--algo", algo, "--journal", tmp_path / "journal", env=env)


def publish(watcher: Watcher) -> None:
    watcher.publish({"sid": "A", "quote": 1})  # which is under way when the connection ends
    watcher.publish({"sid": "A", "quote": 1})  # the same again is another quote
    watcher.publish('[{"sid": "A", "quote": 1}, {"sid": "B", "quote": 2}]')
    watcher.publish({"value": 1}, "data/x")


def decided_once(watcher: Watcher) -> None:
    """Await a quote behind them, and count the orders of those before."""
    watcher.publish({"sid": "A", "quote": 3, "id": "last"})
    watcher.wait_until(
        lambda: any(each["quote_id"] == "last" for each in watcher.of("orders/Held")), "orders/Held"
    )
    assert len({each["id"] for each in watcher.of("orders/Held")}) == 6


def test_a_connection_that_is_cut_while_quotes_are_under_way_doubles_none(
    broker: Broker,
    relay: Relay,
    service: Process,
    parts: Parts,
    watch: Callable[..., Watcher],
    tmp_path: Path,
) -> None:
    bridge = parts.bridge(relay, service, "--log-level", "debug")
    watcher = watch(broker)
    publish(watcher)
    service.wait_for("^decides A")
    bridge.wait_for(r"received ", count=5)
    relay.cut()
    bridge.wait_for(r"received ", count=10)
    (tmp_path / "hold").unlink()
    decided_once(watcher)


def test_a_broker_that_is_restarted_while_quotes_are_under_way_doubles_none(
    mosquitto: Broker,
    service: Process,
    parts: Parts,
    watch: Callable[..., Watcher],
    tmp_path: Path,
) -> None:
    bridge = parts.bridge(mosquitto, service, "--log-level", "debug")
    watcher = watch(mosquitto)
    publish(watcher)
    service.wait_for("^decides A")
    bridge.wait_for(r"received ", count=5)
    assert mosquitto.process.stop() == 0
    mosquitto.start()
    bridge.wait_for(r"received ", count=10)
    (tmp_path / "hold").unlink()
    eventually(watcher.client.is_connected, "the watcher")
    decided_once(watcher)

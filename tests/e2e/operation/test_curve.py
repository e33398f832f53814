"""A pipeline whose RPC is CURVE: it trades, restarts, swaps, and says what keys do not fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from algo_service.rpc.curve import keys
from tests.support.bridge_cli import BridgeCli
from tests.support.brokers import Broker
from tests.support.parts import Parts, readiness, status
from tests.support.processes import BIN, Process, eventually
from tests.support.watcher import Watcher

ECHO = """
class Echo:
    def initialize(self, params): return ['quotes']
    def event(self, data):
        return {'side': 'buy', 'sid': data['sid'], 'quantity': 1}
"""


class Keyed:
    """Starts parts with their keys."""

    def __init__(self, parts: Parts, folder: Path):
        self._parts = parts
        self._algorithm = f"{parts.file('echo.py', ECHO)}:Echo"
        self.folder = folder
        self.server = ("--curve-keys", keys.init(folder))
        self.client = ("--curve-keys", keys.add(folder, "bridge"))

    def service(self, *options: object, address: str | None = None) -> Process:
        algorithm = ("--algo", self._algorithm)
        return self._parts.service(*algorithm, *self.server, *options, address=address)


@pytest.fixture
def keyed(parts: Parts, tmp_path: Path) -> Keyed:
    return Keyed(parts, tmp_path / "keys")


def publish(watcher: Watcher, *numbers: int) -> None:
    for n in numbers:
        watcher.publish({"sid": "GOOG", "quote": 100 + n, "id": str(n)})


def await_orders(watcher: Watcher, count: int) -> None:
    """Await an order of each quote; one may be published again, with the same id."""

    def ids() -> list[str]:
        return list(dict.fromkeys(order["id"] for order in watcher.of("orders/Echo")))

    eventually(lambda: len(ids()) >= count, f"{count} orders")
    assert ids() == [f"Echo:quotes:{n}:0" for n in range(count)]


def test_a_killed_service_comes_back_and_a_standby_takes_over_by_the_same_keys(
    mosquitto: Broker,
    parts: Parts,
    keyed: Keyed,
    watch: Callable[..., Watcher],
    start: Callable[..., Process],
    tmp_path: Path,
) -> None:
    """A service is killed, started again and swapped: each quote is decided once, by CURVE."""
    journal = ("--journal", tmp_path / "echo.db")
    announced = (*journal, "--announce", mosquitto.url)
    service = keyed.service(*announced)
    bridge = parts.discovering(mosquitto, *keyed.client)
    watcher = watch(mosquitto)
    publish(watcher, *range(10))
    await_orders(watcher, 10)
    service.kill()
    publish(watcher, *range(10, 20))
    keyed.service(*announced, address=service.address)
    await_orders(watcher, 20)
    standby = keyed.service(*announced, "--standby")
    words = ("swap", "Echo", "--mqtt", mosquitto.url, "--to", standby.address)
    swap = start(BIN / "bridge-node", *words)
    assert swap.wait() == 0, swap.output
    publish(watcher, *range(20, 30))
    await_orders(watcher, 30)
    standby.wait_for("^admitted the client bridge from 127.0.0.1")
    assert watcher.of("errors/Echo") == []
    assert bridge.stop() == 0


def test_a_bridge_without_keys_says_what_is_missing_and_serves_nothing(
    embedded: Broker, parts: Parts, keyed: Keyed
) -> None:
    service = keyed.service("--announce", embedded.url)
    bridge = parts.discovering(embedded, ready=False)
    sentence = "requires CURVE, and this client has no keys"
    bridge.wait_for(rf"is unavailable; waiting for it: .*{sentence} \(--curve-keys\)")
    eventually(lambda: sentence in str(readiness(bridge)[1]), "the reason in /readyz")
    assert status(bridge) == 503
    service.wait_for("refused a client from .*needs --curve-keys$")
    assert "admitted" not in service.output


def test_a_bridge_whose_key_is_added_later_needs_no_restart(
    embedded: Broker, parts: Parts, keyed: Keyed, watch: Callable[..., Watcher]
) -> None:
    admitted = keyed.folder / "server" / "clients" / "bridge.key"
    aside = admitted.rename(keyed.folder / "bridge.key")
    service = keyed.service()
    bridge = parts.bridge(embedded, service, *keyed.client, ready=False)
    bridge.wait_for("waiting for it: .* does not admit this client by CURVE: .*public key")
    aside.rename(admitted)
    eventually(lambda: status(bridge) == 200, "readiness")
    watcher = watch(embedded)
    publish(watcher, 0)
    await_orders(watcher, 1)


def test_a_bridge_with_keys_gives_nothing_to_a_service_without(
    embedded: Broker, parts: Parts, keyed: Keyed
) -> None:
    service = parts.service()
    bridge = parts.bridge(embedded, service, *keyed.client, ready=False)
    bridge.wait_for("does not speak CURVE, and nothing is sent in the clear")
    assert status(bridge) == 503


def test_keys_that_a_bridge_cannot_use_end_it_with_a_sentence(
    bridge_cli: BridgeCli, keyed: Keyed
) -> None:
    bridge = bridge_cli("--curve-keys", keyed.folder / "server")
    assert bridge.status == 2
    assert "--curve-keys" in bridge.output
    assert "server has no client.key_secret, but clients, server.key" in bridge.output
    assert len(bridge.output.splitlines()) == 1

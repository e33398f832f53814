"""What both commands show of real services and bridges, and how an algorithm is forgotten."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable

import pytest

from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import BIN, Process, eventually
from tests.support.watcher import Watcher

NAME = "my algo"
LEVEL = "my%20algo"
Watch = Callable[..., Watcher]

COMMANDS = ("bridge-node", "algo-service")
commands = pytest.mark.parametrize("command", COMMANDS)


def algos(command: str, broker: Broker, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / command, "algos", *words, "--mqtt", broker.url], text=True, capture_output=True
    )


def listed(command: str, broker: Broker) -> dict[str, dict[str, object]]:
    found = algos(command, broker, "--json")
    return {each["name"]: each for each in json.loads(found.stdout)}


@commands
def test_an_algorithm_is_listed_and_forgotten_while_its_bridge_runs(
    broker: Broker, parts: Parts, watch: Watch, command: str
) -> None:
    service = parts.service("--announce", broker.url, "--name", NAME, "--param", "threshold=0")
    bridge = parts.discovering(broker)
    watcher = watch(broker, "algos/+", "bridges/+", "orders/+", "portfolios/+")
    watcher.publish({"sid": "GOOG", "quote": 345, "id": "1"})
    watcher.wait(f"orders/{LEVEL}")
    pid = bridge.popen.pid
    watcher.wait_until(
        lambda: watcher.last(f"portfolios/{LEVEL}").get("quote_id") == "1", f"portfolios/{LEVEL}"
    )
    shown = listed(command, broker)[NAME]
    assert shown["last"] == {"sid": "GOOG", "price": 345}
    assert shown["state"] == "online"
    assert shown["address"] == service.address
    served = shown["served_by"]
    assert isinstance(served, dict)
    assert (served["pid"], served["answers"]) == (pid, True)
    forgotten = algos(command, broker, "forget", NAME)
    assert (forgotten.returncode, forgotten.stdout) == (0, f"{NAME} is forgotten\n")
    for kind in ("algos", "bridges", "portfolios"):
        eventually(lambda kind=kind: last(watcher, f"{kind}/{LEVEL}") == "", f"{kind} emptied")
    assert listed(command, broker) == {}
    service.wait_for("was forgotten")
    bridge.wait_for(f"{NAME} is forgotten")
    assert bridge.stop() == 0


def last(watcher: Watcher, topic: str) -> str:
    return [text for text in watcher.raw(topic) if not text.startswith('{"asks"')][-1]


def test_a_bridge_that_was_told_the_address_goes_on(
    mosquitto: Broker, parts: Parts, watch: Watch
) -> None:
    parts.bridge(mosquitto, parts.service("--announce", mosquitto.url, "--name", NAME))
    watcher = watch(mosquitto, "orders/+")
    forgotten = algos("bridge-node", mosquitto, "forget", NAME)
    assert forgotten.returncode == 0
    first, second = forgotten.stdout.splitlines()
    assert first == f"{NAME} is forgotten"
    assert second.startswith("a bridge goes on serving it, because it was told the address (")
    watcher.publish({"sid": "GOOG", "quote": 345, "id": "1"})
    assert NAME in listed("bridge-node", mosquitto)


@commands
def test_the_quotes_that_wait_for_a_forgotten_algorithm_are_dropped(
    mosquitto: Broker, parts: Parts, watch: Watch, start: Callable[..., Process], command: str
) -> None:
    """Its bridge was killed and its service has ended: nobody else can delete the session."""
    options = ("--announce", mosquitto.url, "--param", "threshold=0")
    service = parts.service(*options)
    bridge = parts.discovering(mosquitto)
    bridge.kill()
    assert service.stop() == 0
    watcher = watch(mosquitto, "orders/+")
    watcher.publish({"sid": "GOOG", "quote": 1, "id": "waits"})
    assert algos(command, mosquitto, "forget", "random").stdout == "random is forgotten\n"
    parts.service(*options)
    parts.discovering(mosquitto)
    watcher.publish({"sid": "GOOG", "quote": 2, "id": "new"})
    orders = watcher.wait("orders/random")
    assert [order["quote_id"] for order in orders] == ["new"]


def test_a_name_that_is_not_known_is_refused_with_the_nearest(
    embedded: Broker, parts: Parts
) -> None:
    parts.service("--announce", embedded.url).wait_for("^announced at ")
    for command in COMMANDS:
        refused = algos(command, embedded, "forget", "rando")
        assert refused.returncode == 2
        assert refused.stderr == (
            f'{command}: nothing is known of "rando" at the broker at {embedded.url}:'
            ' did you mean "random"?\n'
        )

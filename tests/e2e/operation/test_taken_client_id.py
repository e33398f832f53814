"""Another client takes the client id of a bridge: it is named as the cause, and the fight ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.support.brokers import Broker
from tests.support.intruder import Intruder
from tests.support.parts import Parts, readiness
from tests.support.processes import eventually
from tests.support.watcher import Watcher

QUOTE = '{"sid":"GOOG","quote":100,"id":"q1"}'


def cause(broker: Broker, algo: str) -> str:
    """What the bridge says of it; neither of these brokers gives a reason."""
    return (
        f"the broker {broker.url} has ended 3 connections of the client id tickwire-bridge-{algo}"
        " soon after they were made, and gives no reason, as it does if another client takes this"
        " id"
    )


@contextmanager
def intruder(broker: Broker, algo: str) -> Iterator[None]:
    """Take the session of an algorithm's quotes."""
    client = Intruder(broker, f"tickwire-bridge-{algo}")
    try:
        yield
    finally:
        client.close()


def test_a_bridge_of_one_algorithm_names_the_cause_and_ends(broker: Broker, parts: Parts) -> None:
    bridge = parts.bridge(broker, parts.service("--name", "a"))
    with intruder(broker, "a"):
        eventually(lambda: cause(broker, "a") in readiness(bridge)[1], "the cause in /readyz")
        assert bridge.wait(60) == 2
    assert cause(broker, "a") + "; trying again in 1 s" in bridge.output
    last = bridge.output.splitlines()[-1]
    assert last.startswith("bridge-node: ")
    assert "has ended 5 connections of the client id tickwire-bridge-a" in last
    assert last.endswith(
        "A client id serves one client: end the other one, or give the algorithm another name"
    )


def test_of_several_algorithms_the_others_go_on(
    mosquitto: Broker, parts: Parts, watch: Callable[..., Watcher]
) -> None:
    services = [parts.service("--name", name) for name in ("a", "b")]
    bridge = parts.bridge(mosquitto, services[0], "--rpc", services[1].address)
    watcher = watch(mosquitto, "portfolios/+")
    with intruder(mosquitto, "a"):
        line = bridge.wait_for("; trying again in 5 minutes")
        assert "tickwire-bridge-a" in line
        (reason,) = readiness(bridge)[1].splitlines()
        assert reason.startswith(
            f"backend {services[0].address}: the broker {mosquitto.url} has ended"
        )
        watcher.client.publish("quotes", QUOTE, qos=1)
        eventually(lambda: "q1" in "".join(watcher.raw("portfolios/b")), "the quote's decision")
    assert bridge.popen.poll() is None

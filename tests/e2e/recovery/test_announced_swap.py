"""An announced algorithm is swapped to a standby, which is announced in its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.recovery.ledger import ledger
from tests.support.brokers import Broker
from tests.support.flow import Flow
from tests.support.parts import Parts
from tests.support.processes import Process, eventually
from tests.support.watcher import Watcher

Start = Callable[..., Process]
Watch = Callable[..., Watcher]


@pytest.fixture
def pair(parts: Parts, broker: Broker, tmp_path: Path) -> list[Process]:
    """Two services that announce themselves, the second of them a standby."""

    def start(*options: object) -> Process:
        return parts.service(
            *("--algo", "random", "--param", "seed=7", "--param", "exit=0.25"),
            *("--announce", broker.url, "--journal", tmp_path / "random.db"),
            *("--log-level", "warning", *options),
        )

    return [start(), start("--standby")]


def test_the_route_stays_and_the_record_and_a_bridge_that_is_started_again_follow(
    pair: list[Process],
    broker: Broker,
    parts: Parts,
    start: Start,
    watch: Watch,
    tmp_path: Path,
) -> None:
    watcher = watch(broker, "algos/random", "bridges/random", "orders/random")
    old, new = pair

    def record() -> Any:
        return watcher.of("algos/random")[-1]

    eventually(lambda: watcher.raw("algos/random"), "the announcement")
    bridge = parts.discovering(broker)
    assert record()["address"] == old.address  # a standby is not announced
    with Flow(broker) as flow:
        eventually(lambda: watcher.raw("orders/random"), "an order")
        for source, target in ((old, new), (new, old), (old, new)):
            asking = start(
                "bridge-node", "swap", "random", "--to", target.address, "--mqtt", broker.url
            )
            assert asking.wait() == 0, asking.output
            assert asking.output.endswith(f"in place of {source.address}")
            eventually(lambda to=target: record()["address"] == to.address, "the new record")
            assert record()["state"] == "online"
    assert "offline" not in [each["state"] for each in watcher.of("algos/random")]
    claims = watcher.of("bridges/random")
    assert len({each["started"] for each in claims}) == 1, "the route has begun anew"
    assert bridge.stop() == 0
    again = parts.discovering(broker)
    with Flow(broker, flow.count) as flow:
        seen = len(watcher.raw("orders/random"))
        eventually(lambda: len(watcher.raw("orders/random")) > seen, "an order")
    end = flow.count
    journal = tmp_path / "random.db"
    eventually(lambda: ledger(journal).ids("quotes")[-1] == str(end - 1), "the last quote")
    decided = [int(each) for each in ledger(journal).ids("quotes")]
    assert decided == list(range(decided[0], end))
    assert again.stop() == 0
    assert new.stop() == 0
    eventually(lambda: record()["state"] == "offline", "the end of the new one")


def test_the_route_stays_and_the_record_follows_to_another_algorithm(
    broker: Broker, parts: Parts, start: Start, watch: Watch, tmp_path: Path
) -> None:
    def service(seed: int, *options: object) -> Process:
        return parts.service(
            *("--algo", "random", "--param", f"seed={seed}", "--param", "exit=0.25"),
            *("--announce", broker.url),
            *("--journal", tmp_path / f"{seed}.db", "--log-level", "warning", *options),
        )

    watcher = watch(broker, "algos/random", "bridges/random", "orders/random")
    old = service(7)
    eventually(lambda: watcher.raw("algos/random"), "the announcement")
    new = service(11, "--standby")
    bridge = parts.discovering(broker)
    with Flow(broker) as flow:
        eventually(lambda: watcher.raw("orders/random"), "an order")
        asking = start(
            *("bridge-node", "swap", "random", "--to", new.address),
            *("--positions", "keep", "--mqtt", broker.url),
        )
        assert asking.wait() == 0, asking.output
        assert f"in place of {old.address}; it goes on with cash of" in asking.output
        found = watcher.of("algos/random")
        eventually(lambda: watcher.of("algos/random")[-1]["address"] == new.address, "the record")
        seen = len(watcher.raw("orders/random"))
        eventually(lambda: len(watcher.raw("orders/random")) > seen, "an order")
    records = watcher.of("algos/random")
    assert records[-1]["parameters"]["seed"] == 11
    assert "offline" not in [each["state"] for each in records]
    assert len({each["started"] for each in watcher.of("bridges/random")}) == 1
    assert found[0]["address"] == old.address
    assert bridge.stop() == 0
    again = parts.discovering(broker)
    with Flow(broker, flow.count):
        seen = len(watcher.raw("orders/random"))
        eventually(lambda: len(watcher.raw("orders/random")) > seen, "an order")
    assert again.stop() == 0

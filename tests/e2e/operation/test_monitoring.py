"""Prometheus with the shipped rules beside a real pipeline, and what people are told by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.deploy.monitoring import MISSING, PROMETHEUS, rules
from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import Process, eventually, free_port
from tests.support.prometheus import Prometheus, at_once
from tests.support.receivers import Webhook
from tests.support.watcher import Watcher

pytestmark = pytest.mark.skipif(PROMETHEUS is None, reason=MISSING)


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """A webhook on this machine."""
    webhook = Webhook()
    yield webhook
    webhook.close()


def test_prometheus_asks_all_parts_and_what_fires_is_told(
    mosquitto: Broker,
    parts: Parts,
    watch: Callable[..., Watcher],
    start: Callable[..., Process],
    webhook: Webhook,
    tmp_path: Path,
) -> None:
    algo, told = free_port(), free_port()
    service = parts.service("--http", algo, "--journal", tmp_path / "random.db")
    bridge = parts.bridge(mosquitto, service)
    start(
        "algo-service", "notify", "--mqtt", mosquitto.url, "--http", told,
        "--to", webhook.url, "--pause", 0, "--only", "alerts",
    )  # fmt: skip
    prometheus = Prometheus(
        start, tmp_path / "monitoring", bridge.http, algo, told, notify=told, edit=at_once
    )
    eventually(
        lambda: (
            [each["health"] for each in prometheus.get("targets")["activeTargets"]] == ["up"] * 3
        ),
        "three parts that answer",
    )
    loaded = [rule for group in prometheus.get("rules")["groups"] for rule in group["rules"]]
    assert sorted(rule["name"] for rule in loaded) == sorted(rule["alert"] for rule in rules())
    watcher = watch(mosquitto)

    def broken() -> bool:
        watcher.publish(b"no JSON")  # again and again: `increase` needs two scrapes
        return "QuotesRefused" in prometheus.firing()

    eventually(broken, "QuotesRefused")
    webhook.wait_for("QuotesRefused of random: 100% of the messages for random are refused.")
    service.kill()
    prometheus.wait_for("AlgorithmLost")
    webhook.wait_for("AlgorithmLost of random: random does not answer its bridge.")
    prometheus.wait_for("PartDown")
    again = parts.service(
        "--http", algo, "--journal", tmp_path / "random.db", address=service.address
    )
    webhook.wait_for("over: AlgorithmLost of random")
    webhook.wait_for("over: PartDown")
    assert all(rule["health"] == "ok" for group in prometheus.get("rules")["groups"]
               for rule in group["rules"])  # fmt: skip
    again.stop()

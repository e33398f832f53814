"""Prometheus with the shipped rules beside a real pipeline, and what people are told by it."""

from __future__ import annotations

import json
import re
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.monitoring import MISSING, MONITORING, PROMETHEUS, rules
from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import Process, eventually, free_port
from tests.support.receivers import Webhook
from tests.support.watcher import Watcher

pytestmark = pytest.mark.skipif(PROMETHEUS is None, reason=MISSING)


class Prometheus:
    """A real one with the shipped configuration; but it asks these ports, and more often."""

    def __init__(self, start: Callable[..., Process], folder: Path, notify: int, *parts: int):
        shutil.copytree(MONITORING, folder)
        settings = yaml.safe_load((folder / "prometheus.yml").read_text())
        settings["global"] = {"scrape_interval": "250ms", "evaluation_interval": "250ms"}
        (alertmanager,) = settings["alerting"]["alertmanagers"]
        alertmanager.clear()
        alertmanager["static_configs"] = [{"targets": [f"127.0.0.1:{notify}"]}]
        (folder / "prometheus.yml").write_text(yaml.dump(settings))
        targets = [{"targets": [f"127.0.0.1:{port}" for port in parts]}]
        (folder / "targets" / "compose.yml").write_text(yaml.dump(targets))
        for file in (folder / "rules").iterdir():
            # the tests of the rules are about these times
            file.write_text(re.sub(r"\bfor: \w+", "for: 0s", file.read_text()))
        self.port = free_port()
        self.process = start(
            PROMETHEUS,
            f"--config.file={folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
        )
        self.process.wait_for("Server is ready to receive web requests")

    def get(self, path: str) -> Any:
        """The data of an answer of its API."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}") as answer:
            return json.load(answer)["data"]

    def firing(self) -> set[str]:
        """The names of the alerts that fire."""
        alerts = self.get("alerts")["alerts"]
        return {each["labels"]["alertname"] for each in alerts if each["state"] == "firing"}

    def wait_for(self, alert: str) -> None:
        """Await that an alert fires."""
        eventually(lambda: alert in self.firing(), f"{alert}; there are {self.get('alerts')}")


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
    prometheus = Prometheus(start, tmp_path / "monitoring", told, bridge.http, algo, told)
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

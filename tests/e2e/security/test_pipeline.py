"""The whole pipeline over TLS, each part with its own role and nothing more."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from market_data.feeds.recording import reading
from tests.support.brokers import MOSQUITTO
from tests.support.parts import status
from tests.support.processes import Process, eventually, free_port
from tests.support.secured import AccessBroker

GRANTS = (
    "random service",
    "standby service --algo random",
    "bridge bridge",
    "ticks feed",
    "tape recorder",
    "means deriver",
    "screen viewer",
    "page viewer",
    "ann operator",
)
SERVICE = ("--algo", "random", "--param", "seed=7", "--param", "exit=0.25")


class Pipeline:
    """Starts the parts with what each of them was granted, at the port that is for its role."""

    def __init__(self, broker: AccessBroker, start: Callable[..., Process], folder: Path):
        self.broker = broker
        self._start = start
        self._folder = folder

    def part(self, name: str, port: int, *command: object) -> Process:
        """Start a part that takes --mqtt, as this client."""
        return self._start(*command, *self.broker.options(name, port))

    def service(self, name: str, *options: object) -> Process:
        """Start a service that is announced."""
        access = self.broker.options(name, 8884)
        access[0] = "--announce"
        address = f"tcp://127.0.0.1:{free_port()}"
        journal = ("--journal", self._folder / "random.db")
        process = self._start(
            *("algo-service", "serve", "--addr", address, *SERVICE, *journal, *options, *access)
        )
        process.address = address
        process.wait_for("^serving on ")
        return process

    def run(self, name: str, *command: object) -> str:
        """Run a command of a person to its end, and return what it prints."""
        process = self.part(name, 8885, *command)
        assert process.wait() == 0, process.output
        return process.output

    def ask(self, name: str, query: dict[str, str]) -> dict[str, object]:
        """Ask about the past, by mosquitto's own program."""
        asked = {"id": "1", "client": "page", **query}
        reply = ("-e", "replies/random/page", "-W", "20")
        words = self.broker.of_mosquitto(name, 8884)
        command = ["mosquitto_rr", *words, "-V", "5", "-q", "1", "-t", "queries/random", *reply]
        ended = subprocess.run(
            [*command, "-m", json.dumps(asked)], text=True, capture_output=True, check=True
        )
        found: dict[str, object] = json.loads(ended.stdout)
        return found


@pytest.fixture
def pipeline(start: Callable[..., Process], tmp_path: Path) -> Pipeline:
    """A secured broker, and what each part needs."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed: `apt-get install mosquitto` to run this test")
    broker = AccessBroker(tmp_path, start, tells_denials=True)
    broker.grant_all(*GRANTS)
    return Pipeline(broker, start, tmp_path)


def test_every_part_does_its_work_with_its_own_role_and_is_denied_nothing(
    pipeline: Pipeline, tmp_path: Path
) -> None:
    """Announced, served, recorded, derived, watched, halted, asked, swapped, revoked, forgotten."""
    service = pipeline.service("random")
    service.wait_for("announced at")
    standby = pipeline.service("standby", "--standby")
    http = free_port()
    bridge = pipeline.part("bridge", 8885, "bridge-node", "--discover", "--http", http)
    bridge.http = http
    recorder = pipeline.part(
        "tape", 8884, "market-data", "record", "--channel", "quotes", "--out", tmp_path / "tape"
    )
    indicators = pipeline.part("means", 8885, "market-data", "indicators", "--indicator", "sma:3")
    watch = pipeline.part("screen", 8884, "algo-service", "watch")
    recorder.wait_for("^recording ")
    indicators.wait_for("subscribed")
    eventually(lambda: status(bridge) == 200, f"readiness; it printed:\n{bridge.output}")
    feed = pipeline.part("ticks", 8883, "market-data", "replay", "goog", "--rate", "50", "--loop")
    watch.wait_for("random .* bought|random .* buy ")
    assert pipeline.run("ann", "algo-service", "halt", "random") == "buying is halted"
    watch.wait_for("halt")
    answer = pipeline.ask("page", {"query": "orders"})
    assert answer["result"]
    said = pipeline.run("ann", "bridge-node", "swap", "random", "--to", standby.address)
    assert f"in place of {service.address}" in said
    assert watch.stop() == 0
    for command in ("bridge-node", "algo-service"):  # a viewer may not ask the bridge
        looking = pipeline.part("screen", 8884, command, "algos")
        assert looking.wait() == 0, looking.output
        assert re.search(
            f"random +online +{standby.address} .*, process [0-9]+ +[0-9]", looking.output
        )
    eventually(lambda: any(reading.rows(tmp_path / "tape")), "a recorded quote")
    for name, process, line in (
        ("ticks", feed, "refused the connection: Not authorized; trying again"),
        ("bridge", bridge, r"refuses the connection \(Not authorized"),
    ):
        pipeline.broker.run("revoke", name)
        process.wait_for(line)
    assert feed.stop() == 0
    for process in (bridge, standby, recorder, indicators):
        assert process.stop() == 0
    assert "forgotten" in pipeline.run("ann", "algo-service", "algos", "forget", "random")
    denied = re.findall("Denied PUBLISH from (.*)", pipeline.broker.process.output)
    assert [each for each in denied if not re.match("screen .* 'bridges/random'", each)] == []

"""A will tells of the link between a service and the broker, and of no other instance."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.brokers import Broker
from tests.support.flow import Flow
from tests.support.parts import Parts
from tests.support.processes import Process, eventually
from tests.support.watcher import Watcher

ECHO = """\
class Echo:
    def initialize(self, params): return ["quotes"]
    def event(self, data): return {"side": "buy", "sid": data["sid"], "quantity": 1}
"""
ENOUGH = 100
"""Orders that show that it goes on."""


class Pipeline:
    """Announced services of one name, the bridge that finds them, and who watches."""

    def __init__(self, broker: Broker, parts: Parts, watcher: Watcher):
        self._broker = broker
        self._parts = parts
        self._code = parts.file("echo.py", ECHO)
        self.watcher = watcher

    def service(self, *options: object) -> Process:
        """Start one more, and await that it is announced."""
        given = ("--algo", f"{self._code}:Echo", "--log-level", "warn", *options)
        process = self._parts.service(*given, "--announce", self._broker.url)
        eventually(lambda: self.is_at(process, "online"), "the record of a service")
        return process

    def is_at(self, process: Process, state: str) -> bool:
        """Whether the last record is that of a service, in this state."""
        record = (self.watcher.of("algos/Echo") or [{}])[-1]
        return (record.get("state"), record.get("address")) == (state, process.address)

    def decided(self) -> list[int]:
        """The numbers of the quotes, in the order in which their orders came for the first time."""
        first: dict[str, Any] = {}
        for order in self.watcher.of("orders/Echo"):
            first.setdefault(order["id"], int(order["quote_id"]))
        return list(first.values())

    def goes_on(self) -> None:
        """Await more orders."""
        seen = len(self.decided())
        eventually(lambda: len(self.decided()) >= seen + ENOUGH, f"orders beyond {seen}")

    def check(self, published: int) -> None:
        """Each quote has led to one order, in order."""
        eventually(lambda: len(self.decided()) >= published, f"{published} orders")
        assert self.decided() == list(range(published))
        assert self.watcher.of("errors/Echo") == []


@pytest.fixture
def pipeline(broker: Broker, parts: Parts, watch: Callable[..., Watcher]) -> Pipeline:
    """A pipeline at each broker."""
    return Pipeline(broker, parts, watch(broker, "orders/#", "algos/#", "errors/#"))


def test_the_late_will_of_the_instance_before_changes_nothing(
    broker: Broker, parts: Parts, pipeline: Pipeline
) -> None:
    before = pipeline.service()
    parts.discovering(broker, "--log-level", "warn")
    with Flow(broker) as flow:
        pipeline.goes_on()
        after = pipeline.service()
        pipeline.goes_on()
        before.kill()
        eventually(
            lambda: "lost" in {each["state"] for each in pipeline.watcher.of("algos/Echo")},
            "the will of the one before",
        )
        eventually(lambda: pipeline.is_at(after, "online"), "the record of the one that lives")
        pipeline.goes_on()
    pipeline.check(flow.count)


def test_a_service_that_loses_its_link_to_the_broker_goes_on(
    broker: Broker, parts: Parts, pipeline: Pipeline, tmp_path: Path
) -> None:
    service = pipeline.service("--journal", tmp_path / "echo.db")
    parts.discovering(broker, "--log-level", "warn")
    with Flow(broker) as flow:
        pipeline.goes_on()
        will = {**pipeline.watcher.of("algos/Echo")[-1], "state": "lost"}
        pipeline.watcher.client.publish("algos/Echo", json.dumps(will), qos=1, retain=True)
        pipeline.goes_on()
        eventually(lambda: pipeline.is_at(service, "online"), "its own record again")
        pipeline.goes_on()
    pipeline.check(flow.count)

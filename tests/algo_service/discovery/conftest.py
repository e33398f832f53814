"""Watchers of the topics of announced algorithms."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from paho.mqtt.publish import single

from algo_service.discovery.record import AlgoRecord, read_record
from tests.support.brokers import Broker
from tests.support.processes import ROOT, eventually
from tests.support.watcher import Watcher

EXAMPLE: dict[str, Any] = json.loads((ROOT / "contracts/examples/algo.json").read_text())["valid"][
    0
]["message"]


def retain(broker: Broker, topic: str, message: Any) -> None:
    """Have a broker retain bytes, or a message as JSON."""
    payload = message if isinstance(message, bytes | str) else json.dumps(message)
    single(topic, payload, qos=1, retain=True, hostname="127.0.0.1", port=broker.port)


class Records:
    """What comes on the topic of one algorithm, from now on."""

    def __init__(self, broker: Broker, topic: str):
        self.topic = topic
        self._broker = broker
        self._watcher = Watcher(broker, topic)
        self.close = self._watcher.close

    def raw(self) -> list[str]:
        """All payloads, the first one retained."""
        return self._watcher.raw(self.topic)

    def last(self) -> AlgoRecord | None:
        """The last record; None if there is none, or it is not valid."""
        try:
            return read_record(self.raw()[-1].encode())
        except (IndexError, ValueError):
            return None

    def wait_for(self, state: str, **fields: Any) -> AlgoRecord:
        """Await a last record in this state, with these fields, and return it."""

        def found() -> AlgoRecord | None:
            record = self.last()
            if record is None or record.state != state:
                return None
            return record if fields.items() <= record._asdict().items() else None

        return eventually(found, f"{state} {fields}; came: {self.raw()[-3:]}")  # type: ignore[return-value]

    def write(self, payload: bytes | str | dict[str, Any]) -> None:
        """Retain something else on the topic."""
        retain(self._broker, self.topic, payload)


@pytest.fixture
def records() -> Iterator[Callable[..., Records]]:
    """Makes what collects records; it ends with the test."""
    made: list[Records] = []

    def make(broker: Broker, topic: str = "algos/random") -> Records:
        made.append(Records(broker, topic))
        return made[-1]

    yield make
    for each in made:
        each.close()

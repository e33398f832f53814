"""What the tests of swaps with real services share."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from paho.mqtt.publish import single

from tests.e2e.recovery.ledger import ledger
from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import BIN, ROOT, Process, eventually
from tests.support.watcher import Watcher

Start = Callable[..., Process]
Watch = Callable[..., Watcher]

RATE = 300
"""Quotes per second."""
RANDOM = ("--algo", "random", "--param", "seed=7", "--param", "exit=0.25")
TOPICS = ("orders/random", "fills/random", "replies/random", "portfolios/random")
HELD = ROOT / "tests" / "support" / "held_service.py"


class Trial:
    """Services that are swapped, a bridge, and a flow of quotes.

    :param services: the options of each service by its name. The bridge serves "old" first.
    """

    def __init__(
        self,
        parts: Parts,
        start: Start,
        watch: Watch,
        broker: Broker,
        folder: Path,
        services: Mapping[str, Sequence[object]] | None = None,
    ):
        self._parts, self._start, self._broker = parts, start, broker
        self.journal = folder / "random.db"
        same = (*RANDOM, "--journal", self.journal)
        self._options = services or {"old": same, "new": (*same, "--standby")}
        self.folders = {name: folder / name for name in self._options}
        for each in self.folders.values():
            each.mkdir()
        self.addresses = {name: parts.address() for name in self._options}
        self.processes = {name: self._begin(name) for name in self._options}
        for each in self.processes.values():
            each.wait_for("^serving on ")
        bridge = parts.bridge(broker, self.addresses["old"], "--log-level", "warn")
        self.processes["bridge"] = bridge
        self.watcher = watch(broker, *TOPICS)

    def _begin(self, name: str, *others: object) -> Process:
        return self._start(
            *("python", "-u", HELD, self.folders[name], "serve", "--addr", self.addresses[name]),
            *("--log-level", "warn", *self._options[name], *others),
        )

    def feed(self, count: int) -> Process:
        lines = "".join(f"2024-01-10T10:00:00.{n:06}Z,GOOG,{100 + n % 7}\n" for n in range(count))
        rows = self._parts.file("rows.csv", f"ts,sid,quote\n{lines}")
        options = ("--mqtt", self._broker.url, "--rate", RATE)
        feed = self._start("market-data", "replay", rows, *options)
        eventually(lambda: len(self.orders) > 20, "orders")
        return feed

    @property
    def orders(self) -> list[str]:
        return self.watcher.raw("orders/random")

    def swap(self, name: str, n: int = 0, **fields: object) -> str:
        """Publish a swap, and return its id."""
        message = {"command": "swap", "id": f"s{n}", "to": self.addresses[name], **fields}
        text = json.dumps({**message, "expires": "2200-01-01"})
        single("commands/random", text, qos=1, port=self._broker.port)
        return message["id"]

    def reply(self, id_: str) -> str:
        """Await the reply to a swap, and return its outcome."""
        return str(self.answer(id_)["outcome"])

    def answer(self, id_: str) -> dict[str, Any]:
        def found() -> object:
            return [each for each in self.watcher.of("replies/random") if each["id"] == id_]

        return eventually(found, f"the reply to {id_}", patience=60)[0]  # type: ignore[index]

    def start_again(self, name: str) -> None:
        if name == "bridge":
            bridge = self._parts.bridge(
                self._broker, self.addresses["old"], "--log-level", "warn", ready=False
            )
            self.processes["bridge"] = bridge
        else:
            options = ("--standby",) * ("--standby" not in self._options[name])
            again = self._begin(name, *options)
            again.wait_for("^serving on ")
            self.processes[name] = again

    def check(self, count: int) -> None:
        """Every quote was decided once, in order; the books agree, and each order is out."""

        def decided() -> list[str]:
            return ledger(self.journal).ids("quotes")

        eventually(lambda: len(decided()) >= count, "decisions")
        numbers = [int(each.rsplit(":", 1)[1]) for each in decided()]
        assert numbers == list(range(1, count + 1))
        placed = {
            id_: text
            for (topic, id_), text in ledger(self.journal).records.items()
            if topic == "orders/random"
        }

        def published() -> dict[str, str]:
            return {json.loads(text)["id"]: text for text in self.orders}

        eventually(lambda: len(published()) >= len(placed), "orders")
        assert published() == placed
        verify(self.journal)


def verify(journal: Path) -> None:
    """Decide the journal's inputs again, and compare."""
    verified = subprocess.run(
        [BIN / "algo-service", "verify", journal], capture_output=True, text=True, check=False
    )
    assert "no difference" in verified.stdout, verified.stdout + verified.stderr

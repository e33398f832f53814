"""What the tests of swaps with real services share."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from paho.mqtt.publish import single

from algo_service.commands.verify import verify as verify_command
from tests.e2e.recovery.ledger import ledger
from tests.support.brokers import Broker
from tests.support.flow import Flow
from tests.support.parts import Parts
from tests.support.processes import ROOT, Process, eventually
from tests.support.watcher import Watcher

Start = Callable[..., Process]
Watch = Callable[..., Watcher]

RANDOM = ("--algo", "random", "--param", "seed=7", "--param", "exit=0.25")
TOPICS = ("orders/random", "fills/random", "replies/random", "portfolios/random")
HELD = ROOT / "tests" / "support" / "held_service.py"


class Trial:
    """Services that are swapped, a bridge, and a flow of quotes.

    :param services: the options of each service by its name. The bridge is given the first one.
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
        self._begin_bridge()
        self.watcher = watch(broker, *TOPICS)

    def _begin(self, name: str, *others: object) -> Process:
        return self._start(
            *("python", "-u", HELD, self.folders[name], "serve", "--addr", self.addresses[name]),
            *("--log-level", "warn", *self._options[name], *others),
        )

    def _begin_bridge(self, *, ready: bool = True) -> None:
        first = next(iter(self.addresses.values()))
        options = ("--log-level", "warn")
        self.processes["bridge"] = self._parts.bridge(self._broker, first, *options, ready=ready)

    @contextlib.contextmanager
    def flow(self) -> Iterator[Flow]:
        """A flow of quotes, from which orders already come."""
        with Flow(self._broker) as flow:
            eventually(lambda: len(self.orders) > 20, "orders")
            yield flow

    @property
    def orders(self) -> list[str]:
        return self.watcher.raw("orders/random")

    @contextlib.contextmanager
    def held(self, name: str, phase: str) -> Iterator[Callable[[], object]]:
        """Hold a service up at `<method>-<before|after>`; what is yielded awaits that."""
        process, hold = self.processes[name], self.folders[name] / phase
        line = f"held at {phase}"
        count = process.output.count(line) + 1
        hold.touch()
        yield lambda: process.wait_for(line, count=count)
        hold.unlink()

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
            self._begin_bridge(ready=False)
        else:
            options = ("--standby",) * ("--standby" not in self._options[name])
            again = self._begin(name, *options)
            again.wait_for("^serving on ")
            self.processes[name] = again

    def check(self, count: int) -> None:
        """Each of `count` quotes was decided once, in order; the books agree, each order is out."""

        def decided() -> list[str]:
            return ledger(self.journal).ids("quotes")

        eventually(lambda: len(decided()) >= count, "decisions")
        assert decided() == [str(n) for n in range(count)]
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
    verified = CliRunner().invoke(verify_command, [str(journal)])
    assert "no difference" in verified.stdout, verified.output

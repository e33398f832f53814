"""A running algorithm is swapped from one service to another, under load and under kills."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
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
SWAPS = 40
HELD = ROOT / "tests" / "support" / "held_service.py"


class Trial:
    """Two services with one journal, the first of which has it open; a bridge; a flow of quotes."""

    def __init__(self, parts: Parts, start: Start, watch: Watch, broker: Broker, folder: Path):
        self._parts, self._start, self._broker = parts, start, broker
        self.journal = folder / "random.db"
        self.folders = {name: folder / name for name in ("old", "new")}
        for each in self.folders.values():
            each.mkdir()
        self.addresses = {name: parts.address() for name in ("old", "new")}
        self.processes = {
            "old": self.service("old"),
            "new": self.service("new", "--standby"),
            "bridge": parts.bridge(broker, self.addresses["old"], "--log-level", "warn"),
        }
        self.watcher = watch(broker, "orders/random", "replies/random")

    def service(self, name: str, *options: object) -> Process:
        process = self._start(
            *("python", "-u", HELD, self.folders[name], "serve", "--addr", self.addresses[name]),
            *("--algo", "random", "--param", "seed=7", "--param", "exit=0.25"),
            *("--journal", self.journal, "--log-level", "warn", *options),
        )
        process.wait_for("^serving on ")
        return process

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
            self.processes[name] = self.service(name, "--standby")

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
        verified = subprocess.run(
            [BIN / "algo-service", "verify", self.journal],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "no difference" in verified.stdout, verified.stdout + verified.stderr


def test_many_swaps_in_a_row_under_load_lose_and_repeat_nothing(
    mosquitto: Broker, parts: Parts, start: Start, watch: Watch, tmp_path: Path
) -> None:
    trial = Trial(parts, start, watch, mosquitto, tmp_path)
    feed = trial.feed(count := 4000)
    for n in range(SWAPS):
        assert trial.reply(trial.swap(("new", "old")[n % 2], n)) == "done"
    assert feed.popen.poll() is None, "the load has ended before the swaps"
    assert feed.wait(90) == 0, feed.output
    trial.check(count)
    assert trial.processes["bridge"].stop() == 0


@pytest.mark.parametrize("killed", ["bridge", "old", "new"])
@pytest.mark.parametrize(
    ("service", "method", "when"),
    [
        ("old", "release", "before"),
        ("old", "release", "after"),
        ("new", "acquire", "before"),
        ("new", "acquire", "after"),
        ("new", "initialize", "before"),
        ("new", "initialize", "after"),
    ],
)
def test_a_kill_in_any_phase_of_a_swap_loses_and_repeats_nothing(
    service: str,
    method: str,
    when: str,
    killed: str,
    mosquitto: Broker,
    parts: Parts,
    start: Start,
    watch: Watch,
    tmp_path: Path,
) -> None:
    """The process is killed while a method is held there, and then started again."""
    trial = Trial(parts, start, watch, mosquitto, tmp_path)
    feed = trial.feed(count := 1200)
    hold = trial.folders[service] / f"{method}-{when}"
    hold.touch()
    id_ = trial.swap("new")
    trial.processes[service].wait_for(f"held at {hold.name}")
    trial.processes[killed].kill()
    hold.unlink()
    trial.start_again(killed)
    outcome = trial.reply(id_)
    assert outcome in ("done", "refused")
    assert feed.wait(90) == 0, feed.output
    trial.check(count)
    assert trial.reply(trial.swap("old" if outcome == "done" else "new", 1)) == "done"


@pytest.mark.parametrize(("service", "method"), [("old", "release"), ("new", "acquire")])
def test_a_bridge_that_is_stopped_meanwhile_leaves_the_swap_to_the_next(
    service: str,
    method: str,
    mosquitto: Broker,
    parts: Parts,
    start: Start,
    watch: Watch,
    tmp_path: Path,
) -> None:
    trial = Trial(parts, start, watch, mosquitto, tmp_path)
    feed = trial.feed(count := 1800)
    hold = trial.folders[service] / f"{method}-after"
    hold.touch()
    id_ = trial.swap("new")
    trial.processes[service].wait_for(f"held at {hold.name}")
    assert trial.processes["bridge"].stop() == 0
    hold.unlink()
    trial.start_again("bridge")
    assert trial.reply(id_) == "done"
    assert feed.wait(90) == 0, feed.output
    trial.check(count)


def test_a_dead_service_is_left_by_force_and_may_come_back_as_the_standby(
    mosquitto: Broker, parts: Parts, start: Start, watch: Watch, tmp_path: Path
) -> None:
    trial = Trial(parts, start, watch, mosquitto, tmp_path)
    feed = trial.feed(count := 1800)
    trial.processes["old"].kill()
    refused = trial.answer(trial.swap("new"))
    assert refused["outcome"] == "refused"
    assert "--force swaps away from it" in refused["text"]
    assert trial.reply(trial.swap("new", 1, force=True)) == "done"
    trial.processes["bridge"].kill()
    trial.start_again("bridge")  # with the address of the dead one
    trial.start_again("old")
    assert feed.wait(90) == 0, feed.output
    trial.check(count)
    assert trial.reply(trial.swap("old", 2)) == "done"


def test_a_service_that_hangs_keeps_its_journal_and_is_named(
    mosquitto: Broker, parts: Parts, start: Start, watch: Watch, tmp_path: Path
) -> None:
    trial = Trial(parts, start, watch, mosquitto, tmp_path)
    feed = trial.feed(count := 1800)
    old = trial.processes["old"]
    old.signal(signal.SIGSTOP)
    answer = trial.answer(trial.swap("new", force=True))
    assert answer["outcome"] == "refused"
    assert f"in use by another service (process {old.popen.pid})" in answer["text"]
    old.signal(signal.SIGCONT)
    assert feed.wait(90) == 0, feed.output
    trial.check(count)
    assert trial.reply(trial.swap("new", 1)) == "done"


def test_the_command_prints_the_reply_and_fails_where_it_is_refused(
    broker: Broker, parts: Parts, start: Start, watch: Watch, tmp_path: Path
) -> None:
    trial = Trial(parts, start, watch, broker, tmp_path)
    old, new = trial.addresses.values()

    def asked(*words: object) -> Process:
        asking = start("bridge-node", "swap", *words, "--mqtt", broker.url)
        asking.wait()
        return asking

    done = asked("random", "--to", new, "--by", "Ann", "--reason", "a new machine")
    assert done.popen.returncode == 0
    assert done.output == f"random is served at {new}, in place of {old}"
    again = asked("random", "--to", new)
    assert (again.popen.returncode, again.output) == (0, f"random is served at {new}")
    nobody = asked("random", "--to", parts.address())
    assert nobody.popen.returncode == 2
    assert nobody.output.endswith(f"; random is served at {new} as before")
    if broker.kind == "mosquitto":
        unheard = asked("rnadom", "--to", old)
        assert unheard.popen.returncode == 2
        assert "nobody has the swap: no bridge has served this name" in unheard.output
    wrong = asked("random", "--to", "other")
    assert wrong.popen.returncode == 2
    assert wrong.output.startswith('bridge-node: --to is "other": an address is written tcp://')

"""Announced algorithms start, stop, crash and move under a steady flow of quotes."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
from collections.abc import Callable
from pathlib import Path

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

Watch = Callable[..., Watcher]


class Services:
    """Starts announced services with a journal each; one that is started again continues it."""

    def __init__(self, parts: Parts, broker: Broker, folder: Path):
        self._parts = parts
        self._broker = broker
        self._folder = folder
        self._code = parts.file("echo.py", ECHO)

    def start(self, name: str, address: str | None = None) -> Process:
        """Start one, at an address that is free unless one is given."""
        options = ("--algo", f"{self._code}:Echo", "--name", name, "--journal", self._journal(name))
        return self._parts.service(
            *options, "--announce", self._broker.url, "--log-level", "warning", address=address
        )

    def decided(self, name: str) -> list[int]:
        """Return the ids of the quotes that were decided, in the order of the decisions."""
        path = self._journal(name)
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            rows = database.execute("SELECT id FROM decisions ORDER BY seq").fetchall()
        return [int(id_) for (id_,) in rows]

    def _journal(self, name: str) -> Path:
        return self._folder / f"{name}.db"


@pytest.fixture
def services(parts: Parts, broker: Broker, tmp_path: Path) -> Services:
    """Starts services at the broker of the test."""
    return Services(parts, broker, tmp_path)


def served(watcher: Watcher, name: str, count: int = 1) -> None:
    """Await an algorithm's next orders."""
    seen = len(watcher.raw(f"orders/{name}"))
    topic = f"orders/{name}"
    eventually(lambda: len(watcher.raw(topic)) >= seen + count, f"orders of {name}")


def check(services: Services, watcher: Watcher, name: str, end: int) -> None:
    """All quotes from an algorithm's first one on are decided, once, and its orders published."""
    eventually(lambda: services.decided(name)[-1] == end - 1, f"the last quote of {name}")
    decided = services.decided(name)
    expected = list(range(decided[0], end))
    assert decided == expected
    topic = f"orders/{name}"
    eventually(
        lambda: {int(order["quote_id"]) for order in watcher.of(topic)} == set(expected),
        f"the orders of {name}",
    )


def test_algorithms_start_stop_crash_and_move_under_a_flow_of_quotes(
    broker: Broker, parts: Parts, services: Services, watch: Watch
) -> None:
    """Each decides every quote from its start on exactly once, whatever happens to it."""
    bridge = parts.discovering(broker, "--log-level", "warn", ready=False)
    steady, moving = services.start("steady"), services.start("moving")
    watcher = watch(broker, "orders/+", "algos/+")
    with Flow(broker) as flow:
        served(watcher, "steady")
        served(watcher, "moving")
        late = services.start("late")
        served(watcher, "late")
        # crashes, and is started again where it was
        late.kill()
        served(watcher, "steady", 30)
        services.start("late", late.address)
        served(watcher, "late")
        # ends as it should, and comes back elsewhere
        assert moving.stop() == 0
        served(watcher, "steady", 30)
        moving = services.start("moving")
        served(watcher, "moving")
        # crashes, and comes back elsewhere at once
        moving.kill()
        services.start("moving")
        served(watcher, "moving")
    for name in ("steady", "moving", "late"):
        check(services, watcher, name, flow.count)
    assert steady.popen.poll() is None
    assert bridge.stop() == 0


def test_a_bridge_that_is_killed_is_replaced_by_another_one(
    broker: Broker, parts: Parts, services: Services, watch: Watch
) -> None:
    """Two bridges share the algorithms, and every quote is decided once, also at the change."""
    names = ["a", "b", "c"]
    for name in names[:2]:
        services.start(name)
    first = parts.discovering(broker, "--log-level", "warn")
    second = parts.discovering(broker, "--log-level", "info")
    watcher = watch(broker, "orders/+", "bridges/+")
    with Flow(broker) as flow:
        services.start("c")
        for name in names:
            served(watcher, name)
        first.kill()
        for name in names:
            served(watcher, name, 30)
    for name in names:
        check(services, watcher, name, flow.count)
        assert watcher.of(f"bridges/{name}")[-1]["pid"] == second.popen.pid
    assert second.stop() == 0


def test_a_stale_record_of_a_backend_that_died_with_the_broker_disturbs_nobody(
    mosquitto: Broker, parts: Parts, tmp_path: Path, watch: Watch
) -> None:
    services = Services(parts, mosquitto, tmp_path)
    services.start("alive")
    stale = services.start("stale")
    bridge = parts.discovering(mosquitto, "--log-level", "warn")
    watcher = watch(mosquitto, "orders/+", "algos/+")
    with Flow(mosquitto) as flow:
        served(watcher, "alive")
        served(watcher, "stale")
    saved = tmp_path / "mosquitto.db"
    before = saved.stat().st_ino if saved.exists() else None
    mosquitto.process.signal(signal.SIGUSR1)  # it writes what it keeps to the disk
    eventually(lambda: saved.exists() and saved.stat().st_ino != before, "what the broker keeps")
    mosquitto.process.kill()
    stale.kill()  # so that its will is published by nobody
    mosquitto.start()
    again = watch(mosquitto, "orders/+", "algos/+")
    with Flow(mosquitto, flow.count) as flow:
        served(again, "alive", 30)
    assert again.of("algos/stale")[-1]["state"] == "online"
    eventually(lambda: len(services.decided("alive")) == flow.count, "all quotes of the other one")
    services.start("stale")
    for name in ("alive", "stale"):
        eventually(lambda name=name: len(services.decided(name)) == flow.count, f"quotes of {name}")
        assert services.decided(name) == list(range(flow.count))
    assert bridge.stop() == 0

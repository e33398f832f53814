"""One of ten routes loses its backend under load; the other nine go on meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.support.brokers import Broker
from tests.support.flow import Flow
from tests.support.parts import Parts, readiness
from tests.support.processes import Process, eventually, free_port
from tests.support.watcher import Watcher

ECHO = """\
class Echo:
    def initialize(self, params): return ["quotes"]
    def event(self, data): return {"side": "buy", "sid": data["sid"], "quantity": 1}
"""
NINE = [f"a{n}" for n in range(9)]
RATE = 60
"""Quotes per second: no route has a backlog whose orders could come while its backend is away."""
MEANWHILE = 60
"""Orders of each route that have to come meanwhile."""


def test_nine_routes_lose_no_time_while_the_backend_of_the_tenth_is_away(
    mosquitto: Broker,
    parts: Parts,
    watch: Callable[..., Watcher],
    start: Callable[..., Process],
    tmp_path: Path,
) -> None:
    ports = [free_port() for _ in NINE]
    start("python", "-m", "tests.support.backends", *ports).wait_for("serving")
    options = ("--algo", f"{parts.file('echo.py', ECHO)}:Echo", "--journal", tmp_path / "echo.db")
    tenth = parts.service(*options, "--log-level", "warn")
    others = [option for port in ports for option in ("--rpc", f"tcp://127.0.0.1:{port}")]
    bridge = parts.bridge(mosquitto, tenth, *others, "--log-level", "warn")
    watcher = watch(mosquitto, "orders/#")

    def came(name: str) -> int:
        return len(watcher.raw(f"orders/{name}"))

    with Flow(mosquitto, rate=RATE) as flow:
        eventually(lambda: min(map(came, ["Echo", *NINE])) >= MEANWHILE, "orders of all ten")
        tenth.kill()
        eventually(
            lambda: "".join(readiness(bridge)[1]).startswith(f"backend {tenth.address}: "),
            "a loss",
        )
        assert len(readiness(bridge)[1]) == 1
        seen = {name: came(name) for name in ["Echo", *NINE]}
        eventually(
            lambda: all(came(name) >= seen[name] + MEANWHILE for name in NINE),
            "orders of nine while the tenth is away",
        )
        # some of its orders may have been on their way
        assert came("Echo") < seen["Echo"] + MEANWHILE
        parts.service(*options, "--log-level", "warn", address=tenth.address)
        eventually(lambda: came("Echo") >= seen["Echo"] + MEANWHILE, "orders of the tenth again")
    ids = [str(n) for n in range(flow.count)]
    for name in NINE:
        assert [order["id"] for order in watcher.wait(f"orders/{name}", flow.count)] == ids
    orders = watcher.wait("orders/Echo", flow.count)
    assert [order["quote_id"] for order in orders] == ids
    assert readiness(bridge) == (200, [])
    assert bridge.stop() == 0

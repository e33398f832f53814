"""One of ten routes loses its backend under load; the other nine go on meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.support.brokers import Broker
from tests.support.parts import Parts, readiness
from tests.support.processes import Process, eventually
from tests.support.watcher import Watcher

ECHO = """\
class Echo:
    def initialize(self, params): return ["quotes"]
    def event(self, data): return {"side": "buy", "sid": data["sid"], "quantity": 1}
"""
ROUTES = 10
QUOTES = 3_000
RATE = 150
"""Quotes per second: no route has a backlog whose orders could come while its backend is away."""
MEANWHILE = 150
"""Orders of each route that have to come meanwhile."""


def test_nine_routes_lose_no_time_while_the_backend_of_the_tenth_is_away(
    mosquitto: Broker,
    parts: Parts,
    watch: Callable[..., Watcher],
    start: Callable[..., Process],
    tmp_path: Path,
) -> None:
    code = parts.file("echo.py", ECHO)
    names = [f"a{n}" for n in range(ROUTES)]

    def service(name: str, address: str | None = None) -> Process:
        journal = tmp_path / f"{name}.db"
        options = ("--algo", f"{code}:Echo", "--name", name, "--journal", journal)
        return parts.service(*options, "--log-level", "warn", address=address)

    services = [service(name) for name in names]
    others = [option for each in services[1:] for option in ("--rpc", each.address)]
    bridge = parts.bridge(mosquitto, services[0], *others, "--log-level", "warn")
    watcher = watch(mosquitto, "orders/#")
    lines = "".join(f"2024-01-10T10:00:00.{n:06}Z,GOOG,{100 + n}\n" for n in range(1, QUOTES + 1))
    rows = parts.file("rows.csv", f"ts,sid,quote\n{lines}")
    feed = start("market-data", "replay", rows, "--mqtt", mosquitto.url, "--rate", RATE)

    def came(name: str) -> int:
        return len(watcher.raw(f"orders/{name}"))

    eventually(lambda: min(map(came, names)) >= MEANWHILE, "orders of all ten")
    away, *here = names
    services[0].kill()
    eventually(
        lambda: "".join(readiness(bridge)[1]).startswith(f"backend {services[0].address}: "),
        "a loss",
    )
    assert len(readiness(bridge)[1]) == 1
    seen = {name: came(name) for name in names}
    eventually(
        lambda: all(came(name) >= seen[name] + MEANWHILE for name in here),
        "orders of nine while the tenth is away",
    )
    # some of its orders may have been on their way
    assert came(away) < seen[away] + MEANWHILE
    assert feed.popen.poll() is None, "the load ended while the tenth was away"
    service(away, services[0].address)
    assert feed.wait(patience=90) == 0, feed.output
    for name in names:
        orders = watcher.wait(f"orders/{name}", QUOTES, patience=60)
        numbers = [order["quote_id"].rsplit(":", 1)[1] for order in orders]
        assert numbers == [str(n) for n in range(1, QUOTES + 1)]
    assert readiness(bridge) == (200, [])
    assert bridge.stop() == 0

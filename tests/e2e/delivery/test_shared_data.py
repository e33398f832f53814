"""What one algorithm publishes reaches another one, once and in order, through crashes."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from algo_service import Engine
from examples.spread import Spread
from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import ROOT, Process, eventually
from tests.support.watcher import Watcher

QUOTES = 400
EXAMPLE = ROOT / "examples" / "spread.py"

RETURNS = """\
class Returns:
    def initialize(self, params): return ["quotes"]
    def event(self, data):
        return {"orders": {"side": "buy", "sid": data["sid"], "quantity": 1},
                "data": [{"name": "a b", "message": {"twice": 2 * data["quote"]}}]}
import sys, zerorpc
server = zerorpc.Server(Returns())
server.bind(sys.argv[1])
server.run()
"""
LISTENS = """\
class Listens:
    def initialize(self, params): return ["quotes", "data/plain/a%20b"]
    def event(self, data):
        if data["channel"] != "quotes":
            return {"side": "buy", "sid": "GOOG", "quantity": data["twice"]}
"""


LOOP = """\
class Loop:
    def initialize(self, params): return ["data/#"]
    def event(self, data): pass
"""


def quotes() -> list[dict[str, Any]]:
    chance, prices, made = random.Random(7), {"GOOG": 100.0, "AAPL": 100.0}, []
    for n in range(QUOTES):
        sid = ("GOOG", "AAPL")[n % 2]
        prices[sid] *= 1 + chance.gauss(0, 0.01)
        made.append({"sid": sid, "quote": round(prices[sid], 2), "id": str(n)})
    return made


def signals() -> list[dict[str, Any]]:
    """What the first algorithm publishes, undisturbed."""
    engine = Engine(Spread, "Spread", {}, seed=1)
    engine.initialize({"cash": 1e5})
    decisions = engine.decide([{**each, "channel": "quotes"} for each in quotes()])
    return [json.loads(each["text"]) for decided in decisions for each in decided.get("data", ())]


def test_a_signal_reaches_the_algorithm_that_trades_on_it_through_kills(
    mosquitto: Broker, parts: Parts, watch: Callable[..., Watcher], tmp_path: Path
) -> None:
    def service(name: str, address: str | None = None) -> Process:
        options = ("--algo", f"{EXAMPLE}:{name}", "--journal", tmp_path / f"{name}.db")
        return parts.service(*options, address=address)

    makes, trades = service("Spread"), service("SpreadTrader")
    addresses = (makes, "--rpc", trades.address)
    bridge = parts.bridge(mosquitto, *addresses)
    watcher = watch(mosquitto, "data/#", "orders/#", "errors/#")
    published = "data/Spread/score"
    expected = [each["id"] for each in signals()]
    given = quotes()

    def feed(first: int, last: int) -> None:
        for each in given[first:last]:
            watcher.publish(each)

    def came(count: int) -> None:
        ids = {each["id"] for each in expected_until(given[count - 1]["id"])}
        eventually(
            lambda: {each["id"] for each in watcher.of(published)} >= ids, f"{len(ids)} signals"
        )

    def expected_until(quote_id: str) -> list[dict[str, Any]]:
        return [each for each in signals() if int(each["id"].split(":")[2]) <= int(quote_id)]

    feed(0, 150)
    came(150)
    makes.kill()
    feed(150, 200)
    makes = service("Spread", makes.address)
    came(200)
    bridge.kill()
    feed(200, 300)
    bridge = parts.bridge(mosquitto, *addresses)
    trades.kill()
    feed(300, QUOTES)
    trades = service("SpreadTrader", trades.address)
    came(QUOTES)

    found = [each["id"] for each in watcher.of(published)]
    assert list(dict.fromkeys(found)) == expected  # one that comes again is the same one
    assert {each["id"]: each for each in watcher.of(published)} == {
        each["id"]: each for each in signals()
    }
    wanted = sum(1 for each in signals() if abs(each["score"]) > 1.5)
    assert wanted > 10, "the example has something to trade on"
    orders = watcher.wait("orders/SpreadTrader", 1)
    assert {order["id"].split(":")[1] for order in orders} == {published}
    assert bridge.stop() == 0
    assert watcher.raw("errors/Spread") == watcher.raw("errors/SpreadTrader") == []


def test_a_backend_in_any_language_returns_data_beside_its_orders(
    mosquitto: Broker, parts: Parts, watch: Callable[..., Watcher]
) -> None:
    returns = parts.server(RETURNS)
    listens = parts.service("--algo", f"{parts.file('listens.py', LISTENS)}:Listens")
    plain = parts.bridge(mosquitto, returns, "--name", "plain")
    other = parts.bridge(mosquitto, listens)
    watcher = watch(mosquitto, "data/#", "orders/#", "errors/#")
    watcher.publish({"sid": "GOOG", "quote": 21.0, "id": "q1", "ts": "2024-01-10"})
    (message,) = watcher.wait("data/plain/a%20b", 1)
    assert message == {"twice": 42.0, "id": "plain:quotes:q1:0", "ts": "2024-01-10"}
    (order,) = watcher.wait("orders/Listens", 1)
    assert (order["quantity"], order["id"]) == (
        42.0,
        "Listens:data/plain/a%20b:plain:quotes:q1:0:0",
    )
    assert [each["quote_id"] for each in watcher.wait("orders/plain", 1)] == ["q1"]
    assert plain.stop() == other.stop() == 0
    assert watcher.raw("errors/plain") == watcher.raw("errors/Listens") == []


def test_an_algorithm_that_would_receive_its_own_data_is_refused(
    mosquitto: Broker, parts: Parts, start: Callable[..., Process]
) -> None:
    service = parts.service("--algo", f"{parts.file('loop.py', LOOP)}:Loop")
    bridge = start("bridge-node", "--mqtt", mosquitto.url, "--rpc", service.address)
    assert bridge.wait() == 2
    assert 'channel "data/#" of initialize would receive data/Loop/…' in bridge.output

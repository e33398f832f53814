"""Quotes go in on MQTT and orders come out: every algorithm, every spelling, every broker."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from algo_service import Engine, RandomAlgo
from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import Process
from tests.support.watcher import Watcher

Watch = Callable[..., Watcher]

ALWAYS_BUYS = """
from portfolio import Portfolio

class MyAlgo:
    def initialize(self, params):
        self.portfolio = Portfolio(params['cash'])
        return ['quotes']

    def event(self, data):
        self.portfolio.buy(data, 100)
"""

# The classes as the article prints them, but for what it forgot: the space in `def__init__`, the
# `self.` of the portfolio, and the lines that its `# ...` stand for.
ARTICLE = """
import random

class Portfolio(object):

   def __init__(self, amount):
       \"\"\" Starting amount of cash we have. \"\"\"
       self.cash = amount

   def optimize(self, data):
       \"\"\" We have a buy signal on this data. Tell us how much cash we should bet. \"\"\"
       # We're still baby traders and we randomly choose what fraction of our cash available to
       # invest
       to_invest = random.random() * self.cash
       self.cash = self.cash - to_invest
       return to_invest

class RandomAlgo(object):
   \"\"\" Represent the algorithm flow.
   Heavily inspired from quantopian.com and processing.org \"\"\"

   def initialize(self, params):
       \"\"\" Called once to prepare the algo. \"\"\"
       self.threshold = params.get('threshold', 0.5)
       self.portfolio = Portfolio(params.get('starting_cash', 10000))
       # As we will see later, we return here data channels we're interested in
       return ['quotes']

   def event(self, data):
       \"\"\" This method is called every time a new batch of data is ready.
       :param data: {'sid': 'GOOG', 'quote': '345'} \"\"\"
       # randomly choose to invest or not
       if random.random() > self.threshold:
           print('buying {0} of {1}'.format(self.portfolio.optimize(data), data['sid']))
"""

SERVER = """
import sys, zerorpc
server = zerorpc.Server(RandomAlgo())
server.bind(sys.argv[1])
print('serving on {} ...'.format(sys.argv[1]))
server.run()
"""


def test_both_spellings_of_the_article_give_an_order(
    broker: Broker, parts: Parts, watch: Watch
) -> None:
    parts.bridge(broker, parts.service("--param", "threshold=0"))
    watcher = watch(broker)
    watcher.publish('{"sid": "GOOG", "quote": "345"}')
    watcher.publish('{"goog": 3.45}')
    orders = watcher.wait("orders/random", 2)
    fills = watcher.wait("fills/random", 2)
    assert [(order["sid"], order["price"]) for order in orders] == [("GOOG", 345.0), ("goog", 3.45)]
    for order, fill in zip(orders, fills, strict=True):
        assert order["side"] == "buy"
        assert (fill["order_id"], fill["amount"]) == (order["id"], order["amount"])


def test_the_log_tells_what_the_articles_did(mosquitto: Broker, parts: Parts, watch: Watch) -> None:
    told = ("--log-level", "debug")
    service = parts.service("--param", "threshold=0", "--param", "seed=7", *told)
    bridge = parts.bridge(mosquitto, service, *told)
    watcher = watch(mosquitto)
    watcher.publish({"sid": "goog", "quote": 3.45, "id": "q1"})
    watcher.wait("orders/random")
    bridge.wait_for("^subscribing to channel  algo=random channel=quotes$")
    bridge.wait_for("received  algo=random quote_id=q1 channel=quotes sid=goog quote=3.45$")
    bridge.wait_for("algo output: an order .* order_id=random:quotes:q1:0 sid=goog side=buy ")
    service.wait_for(r"^debug: buying \d+\.\d\d of goog  quote_id=q1 channel=quotes$")


def test_a_quote_that_gives_no_order_says_why(
    mosquitto: Broker, parts: Parts, watch: Watch
) -> None:
    service = parts.service("--param", "threshold=1", "--param", "seed=7", "--log-level", "debug")
    parts.bridge(mosquitto, service)
    watch(mosquitto).publish('{"goog": 3.45}')
    service.wait_for(r"^debug: 0\.\d\d is not above 1: no order ")


def test_each_broker_is_spoken_to_in_the_newest_version_it_offers(
    broker: Broker, parts: Parts
) -> None:
    bridge = parts.bridge(broker, parts.service())
    bridge.wait_for("MQTT 5" if broker.kind == "mosquitto" else r"MQTT 3\.1\.1")


def test_a_replay_of_goog_gives_the_orders_of_an_engine(
    broker: Broker, parts: Parts, watch: Watch, start: Callable[..., Process]
) -> None:
    """A replay of goog gives the orders of an engine over the same quotes, byte for byte."""
    replay_goog(broker, parts, watch, start)


def test_a_replay_of_goog_gives_the_same_orders_in_arrays(
    embedded: Broker, parts: Parts, watch: Watch, start: Callable[..., Process]
) -> None:
    replay_goog(embedded, parts, watch, start, "--batch-outputs")


def replay_goog(
    broker: Broker, parts: Parts, watch: Watch, start: Callable[..., Process], *form: str
) -> None:
    params = ["exit=0.25", "seed=7"]
    service = parts.service(*(word for param in params for word in ("--param", param)))
    parts.bridge(broker, service, "--log-level", "warn", *form)
    watcher = watch(broker)
    replay = start("market-data", "replay", "goog", "--mqtt", broker.url, "--max", "--run", "r")
    assert replay.wait() == 0
    engine = Engine(RandomAlgo, "random", {"exit": 0.25, "seed": 7}, seed=0)
    engine.initialize({"cash": 50000})
    rows = (Path("market_data") / "data" / "goog.csv").read_text().splitlines()[1:]
    quotes = [
        {"sid": "GOOG", "quote": float(row.split(",")[4]), "ts": row.split(",")[0],
         "id": f"goog:r:{n}", "channel": "quotes"}
        for n, row in enumerate(rows, 1)
    ]  # fmt: skip
    decisions = engine.decide(quotes)
    orders = [order for decision in decisions for order in decision["orders"]]
    assert len(orders) > 1000
    watcher.wait("orders/random", len(orders))
    watcher.wait("fills/random", len(orders))
    assert watcher.raw("orders/random") == orders
    assert watcher.raw("fills/random") == [f for d in decisions for f in d["fills"]]
    snapshot = engine.snapshot()
    wanted = {key: snapshot[key] for key in ("cash", "positions", "equity", "quote_id")}
    watcher.wait_until(
        lambda: wanted.items() <= watcher.last("portfolios/random").items(), "portfolios/random"
    )


def test_another_rpc_address_swaps_the_algorithm(
    mosquitto: Broker, parts: Parts, watch: Watch
) -> None:
    """Another rpc address swaps the algorithm for a file of the users own."""
    mine = parts.file("my_algo.py", ALWAYS_BUYS)
    parts.bridge(mosquitto, parts.service("--param", "threshold=1"))
    parts.bridge(mosquitto, parts.service("--algo", f"{mine}:MyAlgo"))
    watcher = watch(mosquitto)
    watcher.publish({"sid": "GOOG", "quote": 50, "id": "a"})
    (order,) = watcher.wait("orders/MyAlgo")
    assert (order["id"], order["quantity"]) == ("MyAlgo:quotes:a:0", 2.0)
    assert watcher.of("orders/random") == []


def test_the_articles_two_classes_run_on_our_host_as_printed(
    mosquitto: Broker, parts: Parts, watch: Watch
) -> None:
    service = parts.service("--algo", f"{parts.file('ma.py', ARTICLE)}:RandomAlgo",
                            "--param", "threshold=0")  # fmt: skip
    bridge = parts.bridge(mosquitto, service, "--log-level", "debug")
    watcher = watch(mosquitto)
    watcher.publish('{"sid": "GOOG", "quote": "345"}')
    # `cash: 50000` is what the article's app.js sends, and its class reads `starting_cash`
    assert 0 < float(service.wait_for(r"^buying [\d.]+ of GOOG$").split()[1]) < 50000
    bridge.wait_for("algo output: no order")
    assert watcher.of("errors/RandomAlgo") == []


def test_the_articles_algorithm_with_our_portfolio_places_orders(
    mosquitto: Broker, parts: Parts, watch: Watch
) -> None:
    algorithm = ARTICLE[ARTICLE.index("class RandomAlgo") :]
    code = f"import random\nfrom portfolio import Portfolio\n{algorithm}"
    service = parts.service("--algo", f"{parts.file('ma.py', code)}:RandomAlgo",
                            "--param", "threshold=0")  # fmt: skip
    parts.bridge(mosquitto, service)
    watcher = watch(mosquitto)
    watcher.publish('{"sid": "GOOG", "quote": "345"}')
    (order,) = watcher.wait("orders/RandomAlgo")
    bought = service.wait_for(r"^buying [\d.]+ of GOOG$").split()[1]
    assert order["amount"] == float(bought)


def test_a_plain_zerorpc_server_of_the_article_is_a_full_backend(
    mosquitto: Broker, parts: Parts, watch: Watch
) -> None:
    server = parts.server(ARTICLE + SERVER)
    params = ("--params", '{"starting_cash": 7, "threshold": 0}')
    bridge = parts.bridge(mosquitto, server, *params, "--log-level", "debug")
    watcher = watch(mosquitto)
    watcher.publish('{"goog": 3.45}')
    assert 0 < float(server.wait_for(r"^buying [\d.]+ of goog$").split()[1]) < 7
    bridge.wait_for("algo output: no order")
    name = server.address.removeprefix("tcp://").replace(":", "-")
    watcher.publish("no quote")
    (error,) = watcher.wait(f"errors/{name}")
    assert "not JSON" in error["reason"]  # the one that was provoked, and none before it


RETURNING = """
import sys, zerorpc

class Mine:
    def initialize(self, params):
        return ['quotes']

    def event(self, data):
        if 'fail' in data: raise ValueError('told to')
        return data['returns']

server = zerorpc.Server(Mine())
server.bind(sys.argv[1])
server.run()
"""


def test_what_event_alone_returns_is_completed_from_the_quote(
    mosquitto: Broker, parts: Parts, watch: Watch
) -> None:
    server = parts.server(RETURNING)
    parts.bridge(mosquitto, server, "--name", "mine")
    watcher = watch(mosquitto)
    one = {"side": "buy", "sid": "GOOG", "quantity": 2}
    quote = {"sid": "GOOG", "quote": 50, "ts": "2013-03-01"}
    watcher.publish({**quote, "id": "1", "returns": None})
    watcher.publish({**quote, "id": "2", "returns": [one, {**one, "side": "sell"}]})
    watcher.publish({**quote, "id": "3", "fail": True})
    watcher.publish({**quote, "id": "4", "returns": "buy!"})
    watcher.publish({**quote, "id": "5", "returns": one})
    orders = watcher.wait("orders/mine", 3)
    assert [order["id"] for order in orders] == [
        "mine:quotes:2:0",
        "mine:quotes:2:1",
        "mine:quotes:5:0",
    ]
    assert orders[0] == {
        "id": "mine:quotes:2:0", "algo": "mine", "sid": "GOOG", "side": "buy", "kind": "market",
        "quantity": 2, "price": 50, "amount": 100, "ts": "2013-03-01", "quote_id": "2",
    }  # fmt: skip
    raised, no_order = watcher.wait("errors/mine", 2)
    assert raised["reason"] == "ValueError: told to"
    assert "server.py" in raised["traceback"]
    assert 'event returned "buy!"' in no_order["reason"]


def test_a_backend_without_a_name_is_called_by_its_host_and_port(
    mosquitto: Broker, parts: Parts, watch: Watch
) -> None:
    server = parts.server(RETURNING)
    parts.bridge(mosquitto, server)
    watcher = watch(mosquitto)
    order = {"side": "buy", "sid": "GOOG", "quantity": 2}
    watcher.publish({"sid": "GOOG", "quote": 50, "returns": order})
    name = server.address.removeprefix("tcp://").replace(":", "-")
    watcher.wait(f"orders/{name}")


def test_unknown_fields_arrive_and_several_channels_are_told_apart(
    broker: Broker, parts: Parts, watch: Watch
) -> None:
    code = """
class Spies:
    def initialize(self, params): return ['quotes', 'fx/+', 'deep/#']
    def event(self, data): print('seen', sorted(data.items()))
"""
    service = parts.service("--algo", f"{parts.file('spies.py', code)}:Spies")
    parts.bridge(broker, service)
    watcher = watch(broker)
    watcher.publish({"sid": "A", "quote": 1, "id": "1", "volume": {"n": [1, None]}}, "quotes")
    watcher.publish({"sid": "A", "quote": 1, "id": "1", "ts": 1700000000000}, "fx/eur")
    watcher.publish({"sid": "A", "quote": 1, "id": "1"}, "fx/eur/usd")
    watcher.publish({"sid": "A", "quote": 1, "id": "1"}, "deep/a/b")
    service.wait_for("^seen", count=3)
    seen = [line for line in service.output.splitlines() if line.startswith("seen")]
    assert seen == [
        "seen [('channel', 'quotes'), ('id', '1'), ('quote', 1.0), ('sid', 'A'),"
        " ('volume', {'n': [1, None]})]",
        "seen [('channel', 'fx/eur'), ('id', '1'), ('quote', 1.0), ('sid', 'A'),"
        " ('ts', 1700000000000)]",
        "seen [('channel', 'deep/a/b'), ('id', '1'), ('quote', 1.0), ('sid', 'A')]",
    ]


def test_the_snapshot_is_retained_at_start_and_shows_the_last_state(
    broker: Broker, parts: Parts, watch: Watch
) -> None:
    bridge = parts.bridge(broker, parts.service("--param", "threshold=0"))
    watcher = watch(broker)
    (at_start,) = watcher.wait("portfolios/random")
    assert (at_start["cash"], at_start["positions"]) == (50000, {})
    for n in range(20):
        watcher.publish({"sid": "GOOG", "quote": 100 + n, "id": str(n)})
    fills = watcher.wait("fills/random", 5)
    snapshots = watcher.wait_until(
        lambda: watcher.last("portfolios/random").get("quote_id") == "19", "portfolios/random"
    )
    # one that is published while the watcher subscribes may come twice: as it is, and retained
    assert [s["seq"] for s in snapshots] == sorted(s["seq"] for s in snapshots)
    fills = watcher.of("fills/random")
    assert snapshots[-1]["cash"] == pytest.approx(50000 - sum(f["amount"] for f in fills))
    assert bridge.stop() == 0
    later = watch(broker, "portfolios/#")
    assert later.wait("portfolios/random") == [snapshots[-1]]


def test_a_retained_message_is_no_quote(mosquitto: Broker, parts: Parts, watch: Watch) -> None:
    watcher = watch(mosquitto)
    watcher.client.publish("quotes", '{"old": 1}', qos=1, retain=True).wait_for_publish()
    bridge = parts.bridge(mosquitto, parts.service("--param", "threshold=0"))
    bridge.wait_for("dropped: a retained message is not a new one")
    watcher.publish('{"new": 1}')
    assert [order["sid"] for order in watcher.wait("orders/random")] == ["new"]


def test_count_stops_the_bridge_after_so_many_quotes(
    mosquitto: Broker, parts: Parts, watch: Watch
) -> None:
    bridge = parts.bridge(mosquitto, parts.service("--param", "threshold=0"), "--count", "3")
    watcher = watch(mosquitto)
    for n in range(5):
        watcher.publish({"sid": "GOOG", "quote": 100, "id": str(n)})
    assert bridge.wait() == 0
    assert [order["quote_id"] for order in watcher.of("orders/random")] == ["0", "1", "2"]
    assert watcher.wait_until(
        lambda: watcher.last("portfolios/random").get("quote_id") == "2", "portfolios/random"
    )


def test_the_log_can_be_turned_down(mosquitto: Broker, parts: Parts, watch: Watch) -> None:
    quiet = parts.service("--param", "threshold=0", env={"LOG_LEVEL": "warning"})
    bridge = parts.bridge(mosquitto, quiet, env={"LOG_LEVEL": "warning"})
    watcher = watch(mosquitto)
    watcher.publish('{"goog": 3.45}')
    watcher.wait("orders/random")
    (only,) = bridge.output.split("\n")
    assert only.startswith("dashboard: ")
    assert "buying" not in quiet.output


def test_orders_are_published_as_the_engine_wrote_them(
    mosquitto: Broker, parts: Parts, watch: Watch
) -> None:
    parts.bridge(mosquitto, parts.service("--param", "threshold=0"))
    watcher = watch(mosquitto)
    watcher.publish({"sid": "日経", "quote": 100, "id": "é", "ts": 1700000000000})
    (order,) = watcher.wait("orders/random")
    (raw,) = watcher.raw("orders/random")
    assert raw == json.dumps(order, ensure_ascii=False, separators=(",", ":"))
    assert '"price":100.0' in raw
    assert '"ts":1700000000000' in raw
    fields: dict[str, Any] = order
    assert list(fields) == json.loads(
        (Path("contracts") / "order.schema.json").read_text()
    )["$defs"]["one"]["required"]  # fmt: skip

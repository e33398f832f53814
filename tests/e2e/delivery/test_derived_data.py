"""Published indicators and bars reach algorithms, through the real bridge."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from algo_service import Engine
from indicators import Sma
from market_data.bars.aggregator import Aggregator
from market_data.bars.interval import parse_interval
from tests.algo_service.test_published_cross import Inside, orders
from tests.support.brokers import Broker
from tests.support.parts import Parts, status
from tests.support.processes import Process, eventually
from tests.support.watcher import Watcher
from tests.test_guides import blocks, executed

(ABOVE,) = blocks("docs/how-to/indicators-on-the-wire.md")
ABOVE = ABOVE.replace("sma-20", "sma-2")
ON_BARS = """\
from portfolio import Portfolio


class OnBars:
    def initialize(self, params):
        self.portfolio = Portfolio(params["cash"])
        return ["bars/1m/+"]

    def event(self, data):
        self.portfolio.buy(data, 100)
"""


def quotes() -> list[dict[str, Any]]:
    prices = (100.0, 102.0, 101.0, 104.0, 99.0, 98.0, 103.0, 105.0, 97.0, 96.0)
    return [
        {"sid": "GOOG", "quote": price, "ts": 1_700_000_000 + 30 * n, "id": str(n)}
        for n, price in enumerate(prices)
    ]


def bars_of(aggregator: Aggregator, quote: dict[str, Any]) -> list[dict[str, Any]]:
    """The bars that a quote ends, as an algorithm gets them."""
    bars = aggregator.take({**quote, "channel": "quotes"})
    return [bar.message() | {"channel": "bars/1m/GOOG"} for bar in bars]


def orders_of(code: str, name: str, inputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The orders of an algorithm that decides on these inputs in one process."""
    engine = Engine(executed(code)[name], name, {}, seed=1)
    engine.initialize({"cash": 1000})
    decisions = engine.decide(inputs)
    return [json.loads(text) for decided in decisions for text in decided["orders"]]


def test_an_algorithm_trades_on_published_indicators_and_another_on_published_bars(
    broker: Broker, parts: Parts, start: Callable[..., Process], watch: Callable[..., Watcher]
) -> None:
    """Their orders are those of the same inputs in one process."""
    above = parts.service("--algo", f"{parts.file('above.py', ABOVE)}:Above")
    on_bars = parts.service("--algo", f"{parts.file('on_bars.py', ON_BARS)}:OnBars")
    parts.bridge(broker, above, "--rpc", on_bars.address, "--params", '{"cash": 1000}')
    for options in (("indicators", "--indicator", "sma:2"), ("bars", "--every", "1m")):
        start("market-data", *options, "--mqtt", broker.url).wait_for("subscribed")
    watcher = watch(broker, "indicators/#", "bars/#", "orders/#")
    mean, aggregator = Sma(2), Aggregator(parse_interval("1m", ""))
    inputs: list[dict[str, Any]] = []
    bars: list[dict[str, Any]] = []
    for n, each in enumerate(quotes()):
        watcher.publish(each)
        inputs.append({**each, "channel": "quotes"})
        bars += bars_of(aggregator, each)
        value = mean.update(each)
        if value is not None:
            message = watcher.wait("indicators/sma-2/GOOG", n)[-1]
            assert message["values"] == {"sma": value}
            inputs.append({**message, "channel": "indicators/sma-2/GOOG"})
    expected = orders_of(ABOVE, "Above", inputs)
    assert {order["side"] for order in expected} == {"buy", "sell"}
    assert watcher.wait("orders/Above", len(expected)) == expected
    expected = orders_of(ON_BARS, "OnBars", bars)
    assert len(expected) == len(bars) > 3
    assert watcher.wait("orders/OnBars", len(expected)) == expected


def test_an_algorithm_that_takes_quotes_and_their_bars_has_each_price_once(
    mosquitto: Broker,
    parts: Parts,
    start: Callable[..., Process],
    watch: Callable[..., Watcher],
    tmp_path: Path,
) -> None:
    """Killed in the middle, verified, and in one process: the orders and fills are the same."""
    code = ON_BARS.replace("OnBars", "OnBoth").replace('["bars/1m/+"]', '["quotes", "bars/1m/+"]')
    code = code.replace(
        "        self.portfolio.buy(data, 100)\n",
        '        if "of" in data:\n            self.portfolio.buy(data, 100)\n',
    )
    journal = tmp_path / "j.db"
    options = ("--algo", f"{parts.file('on_both.py', code)}:OnBoth", "--journal", journal)
    service = parts.service(*options)
    bridge = parts.bridge(mosquitto, service, "--params", '{"cash": 1000}')
    bars = start("market-data", "bars", "--every", "1m", "--mqtt", mosquitto.url)
    bars.wait_for("subscribed")
    watcher = watch(mosquitto, "bars/#", "orders/#", "fills/#", "portfolios/#")
    aggregator = Aggregator(parse_interval("1m", ""))
    inputs: list[dict[str, Any]] = []
    count = 0
    for n, each in enumerate(quotes()):
        watcher.publish(each)
        inputs.append({**each, "channel": "quotes"})
        made = bars_of(aggregator, each)
        inputs += made
        count += len(made)
        # the bar comes before the next quote
        assert watcher.wait("bars/1m/GOOG", count)[count - len(made) :] == [
            {name: value for name, value in bar.items() if name != "channel"} for bar in made
        ]
        watcher.wait("orders/OnBoth", count)
        if n == 5:
            service.kill()
            service = parts.service(*options, address=service.address)
            eventually(lambda: status(bridge) == 200, "readiness")
    engine = Engine(executed(code)["OnBoth"], "OnBoth", {}, seed=1)
    engine.initialize({"cash": 1000})
    decided = engine.decide(inputs)
    orders = [json.loads(text) for each in decided for text in each["orders"]]
    fills = [json.loads(text) for each in decided for text in each["fills"]]
    assert watcher.wait("orders/OnBoth", len(orders)) == orders
    assert watcher.wait("fills/OnBoth", len(fills)) == fills
    prices = {each["id"]: each["quote"] for each in quotes()}
    latest = [inputs[inputs.index(bar) - 1] for bar in inputs if "of" in bar]
    assert [order["price"] for order in orders] == [each["quote"] for each in latest]
    assert len(fills) == len(orders) > 2
    assert all(fill["price"] == prices[fill["quote_id"]] for fill in fills)
    assert bridge.stop() == 0
    assert service.stop() == 0
    verified = start("algo-service", "verify", journal)
    assert verified.wait() == 0, verified.output


def test_published_cross_gives_the_orders_of_the_rule_inside(
    mosquitto: Broker, parts: Parts, start: Callable[..., Process], watch: Callable[..., Watcher]
) -> None:
    """With the bridge and the indicator service its orders are those of the same rule inside."""
    params = {"fast": 1, "slow": 2, "cash": 1000.0}
    service = parts.service("--algo", "published_cross")
    parts.bridge(mosquitto, service, "--params", json.dumps(params))
    start(
        *("market-data", "indicators", "--indicator", "sma:1", "--indicator", "sma:2"),
        *("--mqtt", mosquitto.url),
    ).wait_for("subscribed")
    watcher = watch(mosquitto, "indicators/#", "orders/#")
    inputs = []
    for n, each in enumerate(quotes()):
        watcher.publish(each)
        inputs.append({**each, "channel": "quotes"})
        if n:  # the next quote comes after the means of this one
            watcher.wait("indicators/sma-2/GOOG", n)
        watcher.wait("indicators/sma-1/GOOG", n + 1)
    expected = orders(Inside, {**params, "sizing": "all_in"}, inputs, "published_cross")
    assert len(expected) > 3
    watcher.wait("orders/published_cross", len(expected))
    assert watcher.raw("orders/published_cross") == expected

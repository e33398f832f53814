"""Quotes that were made of others, decided by the engine and in a backtest."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest

from algo_service import Engine
from algo_service.backtest import backtest
from market_data.bars.aggregator import Aggregator
from market_data.bars.interval import parse_interval
from portfolio import Portfolio


class Both:
    """Trades at bars, and fails at some of all that comes."""

    CHANNELS = ("quotes", "bars/1m/+")

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        self.portfolio = Portfolio(params["cash"])
        return [*self.CHANNELS]

    def event(self, data: dict[str, Any]) -> None:
        if "of" in data:
            if data["close"] > data["open"]:
                self.portfolio.buy(data, 100)
            else:
                self.portfolio.sell(data)
        if data.get("fails"):
            raise RuntimeError("as asked")


class Kept(Both):
    """The same, whose own state can be restored."""

    def save(self) -> dict[str, Any]:
        return {}

    def load(self, state: dict[str, Any]) -> None:
        pass


class Overridden(Kept):
    """The same, that has not asked for bars: the bridge was told to take them all the same."""

    CHANNELS = ("quotes",)


class ByOrders(Kept):
    """The same, that returns orders."""

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        return [*self.CHANNELS]

    def event(self, data: dict[str, Any]) -> Any:
        if data.get("fails"):
            raise RuntimeError("as asked")
        return {"side": "buy", "sid": data["sid"], "quantity": 0.1} if "of" in data else None


def inputs(count: int = 120) -> list[dict[str, Any]]:
    """Quotes of two instruments, the bars made of them soon after, and some at which it fails."""
    chance, aggregator = random.Random(3), Aggregator(parse_interval("1m", ""), fill=True)
    found: list[dict[str, Any]] = []
    late: list[dict[str, Any]] = []
    for n in range(count):
        quote = {
            "sid": chance.choice(["GOOG", "AAPL"]),
            "quote": 100 + 10 * chance.random(),
            "ts": 1_700_000_000 + 13 * n,
            "id": str(n),
            "channel": "quotes",
        }
        found.append(quote)
        for bar in late:
            found.append(bar)
        late = [
            {**bar.message(), "channel": f"bars/1m/{bar.sid}"} for bar in aggregator.take(quote)
        ]
        if chance.random() < 0.5:
            found, late = [*found, *late], []
        if chance.random() < 0.1:
            found[-1] = {**found[-1], "fails": True}
    return found


def prices_by(engine: Engine) -> dict[str, float]:
    assert engine._driver is not None
    return dict(engine._driver.portfolio.prices)


@pytest.mark.parametrize("create", [Both, Kept, ByOrders, Overridden])
def test_the_account_takes_each_price_once_whichever_message_brings_it(create: type) -> None:
    engine = Engine(create, "both", {}, seed=1)
    engine.initialize({"cash": 1000})
    expected: dict[str, float] = {}
    had, bars, fills = False, 0, 0
    for each in inputs():
        (decided,) = engine.decide([dict(each)])
        is_bar = "of" in each
        if "error" not in decided:
            bars += is_bar
            # the first bar of one that has not asked for them: no times were kept before
            if not is_bar or (create is Overridden and not had):
                expected[each["sid"]] = each["quote"]
            had |= is_bar
            fills += len(decided["fills"])
            assert not (is_bar and decided["fills"]) or (create is Overridden and bars == 1)
        assert prices_by(engine) == expected
    assert bars > 20
    assert fills > 5


@pytest.mark.parametrize("create", [Kept, ByOrders, Overridden])
@pytest.mark.parametrize("batch", [1, 7, 1000])
def test_batches_and_restarts_change_no_decision(create: type, batch: int) -> None:
    def decide(size: int) -> list[Any]:
        engine = Engine(create, "both", {}, seed=1)
        engine.initialize({"cash": 1000})
        given, found = inputs(), []
        while given:
            found += engine.decide([dict(each) for each in given[:size]])
            given = given[size:]
            assert engine._driver is not None
            engine._driver.restore(engine._driver.state)
        return [{k: v for k, v in each.items() if k != "traceback"} for each in found]

    assert decide(batch) == decide(3)


def test_a_backtest_of_both_decides_as_the_engine_does() -> None:
    given = [each for each in inputs() if "fails" not in each]
    engine = Engine(Kept, "Kept", {}, seed=1)
    engine.initialize({"cash": 1000})
    decided = engine.decide([dict(each) for each in given])
    result = backtest(Kept, [dict(each) for each in given], {"cash": 1000, "seed": 1})
    assert result.orders == sum(len(each["orders"]) for each in decided) > 10
    assert result.curve is not None
    assert len(result.curve.fills) == sum(len(each["fills"]) for each in decided) > 10
    assert result.performance.equity == engine.snapshot()["equity"]
    quotes = [each for each in given if "of" not in each]
    alone = backtest(Kept, quotes, {"cash": 1000, "seed": 1})
    assert result.performance.buy_and_hold == alone.performance.buy_and_hold

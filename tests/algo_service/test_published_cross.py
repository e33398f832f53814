"""`published_cross` gives the orders of the same rule computed inside, whatever comes first."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as run
from hypothesis import strategies as st

from algo_service import Engine
from algo_service.algorithms import BUILT_IN, PublishedCross
from algo_service.backtest import backtest
from indicators import Crossing, Sma
from portfolio import Portfolio
from tests.indicators.history import goog

Message = dict[str, Any]


class Inside:
    """The same rule, computed inside."""

    SAVED = ("crossings", "last")

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        self.portfolio = Portfolio.from_params(params)
        self.crossings = Crossing(params["fast"], params["slow"])
        self.last: dict[str, float | None] = {}
        return ["quotes"]

    def event(self, data: Any) -> None:
        crossing = self.last.get(data["sid"])
        self.last[data["sid"]] = self.crossings.update(data)
        if crossing == 1:
            self.portfolio.optimize(data)
        elif crossing == -1:
            self.portfolio.sell(data)


def quote(n: int, sid: str, price: float) -> Message:
    return {"sid": sid, "quote": float(price), "id": str(n), "channel": "quotes"}


def published(quotes: list[Message], fast: int, slow: int) -> Iterator[list[Message]]:
    """Yield what is published of each quote, as `market-data indicators` does."""
    means = [Sma(fast), Sma(slow)]
    for each in quotes:
        values = [(mean, mean.update(each)) for mean in means]
        yield [
            {
                "sid": each["sid"],
                "values": mean.values(value),
                "of": [each["channel"], each["id"]],
                "id": f"{each['channel']}:{each['id']}",
                "channel": f"indicators/{mean.name}/{each['sid']}",
            }
            for mean, value in values
            if value is not None
        ]


def in_turn(quotes: list[Message], fast: int, slow: int) -> list[Message]:
    """Return quotes, and after each one what is published of it."""
    messages = published(quotes, fast, slow)
    return [each for one, its in zip(quotes, messages, strict=True) for each in (one, *its)]


def engine(create: Any, params: Message, name: str = "algo") -> Engine:
    made = Engine(create, name, {}, seed=7)
    made.initialize({"cash": 1000.0, **params})
    return made


def orders(create: Any, params: Message, inputs: list[Message], name: str = "algo") -> list[str]:
    decided = engine(create, params, name).decide([dict(each) for each in inputs])
    assert not any("error" in each for each in decided)
    return [order for each in decided for order in each["orders"]]


@pytest.mark.parametrize(("fast", "slow"), [(10, 30), (1, 2), (5, 50)])
@pytest.mark.parametrize("fill", ["quote", "next"])
def test_on_goog_its_orders_are_those_of_the_rule_inside(fast: int, slow: int, fill: str) -> None:
    """On goog its orders are those of the same rule computed inside, byte for byte."""
    quotes = [quote(n, "GOOG", each["quote"]) for n, each in enumerate(goog())]
    params = {"fast": fast, "slow": slow, "fill": fill, "sizing": "all_in"}
    expected = orders(Inside, params, quotes)
    assert len(expected) > 20
    assert orders(PublishedCross, params, in_turn(quotes, fast, slow)) == expected


CENTS = st.lists(st.tuples(st.sampled_from("ABC"), st.integers(95, 105)), max_size=120)


@run(deadline=None, max_examples=60)
@given(played=CENTS, random=st.randoms(use_true_random=False))
def test_in_any_order_of_arrival_its_orders_are_the_same(played: Any, random: Any) -> None:
    """Whatever comes first, its orders are the same, if means come before their next quote.

    The two means of a quote come in either order, one of them even before the quote itself, and
    inputs of other instruments come in between.
    """
    quotes = [quote(n, sid, price / 10) for n, (sid, price) in enumerate(played)]
    inputs: list[Message] = []
    waiting: dict[str, list[Message]] = {}
    for each, messages in zip(quotes, published(quotes, 2, 3), strict=True):
        inputs += waiting.pop(each["sid"], [])
        random.shuffle(messages)
        early = 1 if len(messages) == 2 and random.random() < 0.3 else 0
        inputs += [*messages[:early], each]
        waiting[each["sid"]] = messages[early:]
        for some in waiting.values():
            while some and random.random() < 0.4:
                inputs.append(some.pop(0))
    params = {"fast": 2, "slow": 3, "sizing": "fixed_cash", "bet": 10}
    assert orders(PublishedCross, params, inputs) == orders(Inside, params, quotes)


def test_a_mean_changes_no_price_and_fills_nothing() -> None:
    """At a mean no price changes, nothing fills and nothing is ordered."""
    quotes = [quote(n, "A", price) for n, price in enumerate([10, 8, 12, 14, 9, 7, 6, 5])]
    made = engine(PublishedCross, {"fast": 1, "slow": 2, "fill": "next"})
    sides = []
    for each in in_turn(quotes, 1, 2):
        before = made.snapshot()
        (decision,) = made.decide([dict(each)])
        sides += [json.loads(order)["side"] for order in decision["orders"]]
        if each["channel"] != "quotes":
            assert (decision["orders"], decision["fills"]) == ([], [])
            assert {**made.snapshot(), "seq": None} == {**before, "seq": None}
    assert sides == ["buy", "sell"]


def test_means_that_are_late_are_acted_on_at_the_first_quote_after_them() -> None:
    quotes = [quote(n, "A", price) for n, price in enumerate([10, 8, 12, 14, 15, 16])]
    messages = list(published(quotes, 1, 2))
    late = [*quotes[:5], *(each for its in messages[:5] for each in its), quotes[5]]
    (order,) = orders(PublishedCross, {"fast": 1, "slow": 2}, late)
    assert (json.loads(order)["quote_id"], json.loads(order)["side"]) == ("5", "buy")


def test_means_whose_other_never_comes_are_forgotten() -> None:
    quotes = [quote(n, "A", 10 + n % 7) for n in range(310)]
    made = engine(PublishedCross, {"fast": 1, "slow": 300})
    sizes = []
    for each in in_turn(quotes, 1, 300):
        assert "error" not in made.decide([dict(each)])[0]
        assert made._driver is not None
        sizes.append(len(made._driver._algorithm.halves.get("A", {})))
    assert (max(sizes), sizes[-1]) == (100, 0)


def test_with_a_restart_after_each_input_the_orders_are_the_same() -> None:
    """What is half known is kept over a restart."""
    quotes = [quote(n, "AB"[n % 2], 10 + (n * 7) % 5) for n in range(80)]
    params = {"fast": 2, "slow": 3, "sizing": "fixed_cash", "bet": 10.0}
    running, decided = engine(PublishedCross, params), []
    for each in in_turn(quotes, 2, 3):
        decided += running.decide([dict(each)])
        state, running = running._state, engine(PublishedCross, params)
        assert running._driver is not None
        running._driver.restore(state)
        running._state = state
    expected = orders(Inside, params, quotes)
    assert len(expected) > 10
    assert [order for each in decided for order in each["orders"]] == expected


def test_a_backtest_says_that_it_has_no_indicators() -> None:
    quotes = [{"sid": "A", "quote": 10.0 + n % 3, "ts": 1.7e9 + n} for n in range(40)]
    result = backtest(BUILT_IN["published_cross"], quotes, {"seed": 1})
    assert result.orders == 0
    assert result.notes[0] == (
        "PublishedCross asks for data on indicators/sma-10/+, indicators/sma-30/+, too: a backtest"
        " gives it quotes alone"
    )

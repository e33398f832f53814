"""Sizing policies: how much each bets on a buy signal."""

import random
from typing import Any, NamedTuple

import pytest

from portfolio import (
    AllIn,
    EqualWeight,
    FixedCash,
    FixedFraction,
    Portfolio,
    RandomFraction,
    SeededFraction,
    Sizing,
)
from tests.portfolio.quotes import begin, quote, told


class KnownBook(NamedTuple):
    """A portfolio of 600 in cash, 200 of them committed, 100 in GOOG and 300 in two others."""

    buying_power: float = 400.0
    equity: float = 1000.0
    instruments: int = 4

    def value(self, sid: str) -> float:
        return 100.0 if sid == "GOOG" else 150.0


@pytest.mark.parametrize(
    ("sizing", "sid", "amount"),
    [
        (FixedFraction(0.25), "GOOG", 0.25 * 1000),
        (FixedFraction(1), "GOOG", 1000.0),
        (FixedCash(70), "GOOG", 70.0),
        (AllIn(), "GOOG", 400.0),
        (EqualWeight(), "GOOG", 1000 / 4 - 100),
        (EqualWeight(), "AAPL", 1000 / 4 - 150),
        (EqualWeight(2), "GOOG", 1000 / 2 - 100),
        (EqualWeight(20), "GOOG", 1000 / 20 - 100),
    ],
)
def test_a_policy_bets_what_its_rule_says(sizing: Sizing, sid: str, amount: float) -> None:
    assert sizing.amount(KnownBook(), quote(sid=sid)) == amount


@pytest.mark.parametrize("sizing", [RandomFraction(random.Random(7)), SeededFraction(7)])
def test_a_random_fraction_is_of_the_cash_that_is_left(
    sizing: Sizing,
) -> None:
    """A random fraction is of the cash that is left as its generator draws."""
    drawn = random.Random(7)
    for _ in range(3):
        assert sizing.amount(KnownBook(), quote()) == drawn.random() * 400.0


def test_a_seeded_generator_goes_on_where_it_was_saved() -> None:
    sizing, other = SeededFraction(7), SeededFraction(8)
    sizing.amount(KnownBook(), quote())
    other.load(sizing.save())
    assert sizing.amount(KnownBook(), quote()) == other.amount(KnownBook(), quote())


@pytest.mark.parametrize(
    ("sizing", "told_so"),  # of 1000 in cash, at A 100, B 50, A 150, B 50, A 100
    [
        # 10 * 100
        (AllIn(), ["buy 10", None, None, None, None]),
        # 500; 250 of the other 500; the equity is then 500 + 250 + 250, half of it in A ...
        (FixedFraction(0.5), ["buy 5", "buy 10", None, None, None]),
        (FixedCash(400), ["buy 4", "buy 8", "buy 1.33333", None, None]),
        # A 5 and B 10; then 5 * 150 + 10 * 50 = 1250, of which each is to have 625: A has more
        (EqualWeight(2), ["buy 5", "buy 10", None, None, None]),
        # one instrument is known: all; then nothing is left for the second
        (EqualWeight(), ["buy 10", None, None, None, None]),
    ],
)
def test_optimize_places_the_buy_that_the_policy_asks_for(
    sizing: Sizing, told_so: list[str | None]
) -> None:
    """Optimize places the buy that the policy asks for as far as the cash goes."""
    portfolio = Portfolio(1000, sizing)
    for sid, price, said in zip("ABABA", [100.0, 50.0, 150.0, 50.0, 100.0], told_so, strict=True):
        portfolio.optimize(begin(portfolio, price, sid))
        assert told(portfolio) == ([said] if said else [])


def test_equal_weight_brings_a_position_up_to_its_share_and_never_down() -> None:
    portfolio = Portfolio(1000, EqualWeight(2))
    assert portfolio.optimize(begin(portfolio, 100.0)) == 500.0
    # the equity is 500 + 5 * 50 = 750, and half of it 375: 250 are held
    assert portfolio.optimize(begin(portfolio, 50.0)) == 125.0
    assert portfolio.optimize(begin(portfolio, 500.0)) == 0.0
    assert portfolio.orders == []


def test_equal_weight_counts_what_waits_for_its_fill() -> None:
    portfolio = Portfolio.from_params(
        {"sizing": "equal_weight", "instruments": 2, "fill": "next", "starting_cash": 1000}
    )
    data = begin(portfolio, 100.0)
    assert [portfolio.optimize(data), portfolio.optimize(data)] == [500.0, 0.0]


@pytest.mark.parametrize("sizing", [AllIn(), FixedFraction(1), FixedCash(1000), EqualWeight()])
def test_a_policy_needs_no_engine(sizing: Any) -> None:
    assert Portfolio(1000, sizing).optimize({"sid": "GOOG", "quote": "100"}) == 1000.0


def test_a_portfolio_made_as_in_the_article_bets_at_random() -> None:
    random.seed(7)
    drawn = random.random()
    random.seed(7)
    portfolio = Portfolio(10000)
    assert portfolio.optimize({"sid": "GOOG", "quote": "345"}) == drawn * 10000
    assert portfolio.cash == 10000 - drawn * 10000

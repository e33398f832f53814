"""The portfolio: cash and positions change by fills alone."""

import logging
import math
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio import Fill, Order, Portfolio, RandomFraction


class Fraction:
    """A sizing of a known fraction, for hand-worked expectations."""

    def __init__(self, fraction: float):
        self.fraction = fraction

    def amount(self, cash: float, quote: Any) -> float:
        return cash * self.fraction


def quote(price: float = 100.0, sid: str = "GOOG", **fields: Any) -> dict[str, Any]:
    return {"sid": sid, "quote": price, "id": "7", "channel": "quotes", **fields}


def test_a_buy_order_and_its_fill_have_the_contracts_fields() -> None:
    portfolio = Portfolio(1000, sizing=Fraction(0.25))
    data = quote(100.0, ts="2013-03-01")
    portfolio.begin("algo", data)
    assert portfolio.optimize(data) == 250.0
    assert portfolio.orders == [
        Order(
            "algo:quotes:7:0", "algo", "GOOG", "buy", "market", 2.5, 100.0, 250.0, "2013-03-01", "7"
        )
    ]
    assert portfolio.fills == [
        Fill(
            "algo:quotes:7:0", "algo:quotes:7:0", "algo", "GOOG", "buy",
            2.5, 100.0, 250.0, 0.0, "2013-03-01", "7",
        )
    ]  # fmt: skip
    assert (portfolio.cash, portfolio.positions) == (750.0, {"GOOG": 2.5})


def test_selling_turns_the_position_into_cash_at_the_quote() -> None:
    portfolio = Portfolio(1000, sizing=Fraction(0.5))
    portfolio.optimize(quote(100.0))
    assert portfolio.sell(quote(120.0)) == 5.0
    assert (portfolio.cash, portfolio.positions) == (1100.0, {})


def test_a_part_of_a_position_can_be_sold() -> None:
    portfolio = Portfolio(1000, sizing=Fraction(0.5))
    portfolio.optimize(quote(100.0))
    portfolio.sell(quote(100.0), 2.0)
    assert (portfolio.cash, portfolio.positions) == (700.0, {"GOOG": 3.0})


def test_equity_is_cash_and_positions_at_their_last_quotes() -> None:
    portfolio = Portfolio(1000, sizing=Fraction(0.5))
    portfolio.optimize(quote(100.0))
    portfolio.begin("algo", quote(110.0))
    assert portfolio.equity == 500.0 + 5 * 110.0
    assert portfolio.snapshot() == {
        "cash": 500.0,
        "positions": {"GOOG": {"quantity": 5.0, "price": 110.0}},
        "equity": 1050.0,
    }


def test_selling_what_is_not_held_places_no_order() -> None:
    portfolio = Portfolio(1000)
    assert portfolio.sell(quote()) == 0.0
    assert portfolio.orders == []


@pytest.mark.parametrize("quantity", [5.1, 0, -1, math.nan])
def test_selling_more_than_is_held_or_nothing_is_refused(quantity: float) -> None:
    portfolio = Portfolio(1000, sizing=Fraction(0.5))
    portfolio.optimize(quote(100.0))
    with pytest.raises(ValueError, match=r"5\.0 are held"):
        portfolio.sell(quote(100.0), quantity)


@pytest.mark.parametrize("amount", [-1, math.nan, math.inf])
def test_a_starting_cash_that_is_none_is_refused(amount: float) -> None:
    with pytest.raises(ValueError, match="starting cash"):
        Portfolio(amount)


def test_a_buy_of_more_than_the_cash_is_cut_to_it() -> None:
    portfolio = Portfolio(1000)
    assert portfolio.buy(quote(), 5000) == 1000.0
    assert portfolio.cash == 0.0


@pytest.mark.parametrize(("amount", "orders"), [(0.00999, 0), (0.01, 1), (0.0, 0), (-5.0, 0)])
def test_a_buy_below_a_cent_places_no_order(amount: float, orders: int) -> None:
    portfolio = Portfolio(1000)
    assert portfolio.buy(quote(), amount) == (amount if orders else 0.0)
    assert len(portfolio.orders) == orders


def test_cash_is_spent_is_said_once_until_cash_comes_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    portfolio = Portfolio(1000)
    portfolio.buy(quote(), 1000)
    for _ in range(3):
        assert portfolio.optimize(quote()) == 0.0
    assert caplog.messages.count("cash is spent") == 1
    portfolio.sell(quote())
    portfolio.buy(quote(), 1000)
    portfolio.optimize(quote())
    assert caplog.messages.count("cash is spent") == 2


def test_a_price_so_low_that_no_number_holds_the_quantity_is_refused() -> None:
    portfolio = Portfolio(1000)
    with pytest.raises(ValueError, match=r"at most 1e\+15 units"):
        portfolio.buy(quote(5e-324), 1000)
    assert (portfolio.cash, portfolio.positions) == (1000.0, {})


def test_random_fraction_bets_what_its_generator_draws() -> None:
    drawn = random.Random(7).random()
    sizing = RandomFraction(random.Random(7))
    assert sizing.amount(1000.0, quote()) == drawn * 1000.0


def test_a_portfolio_made_as_in_the_article_bets_at_random() -> None:
    random.seed(7)
    drawn = random.random()
    random.seed(7)
    portfolio = Portfolio(10000)
    assert portfolio.optimize({"sid": "GOOG", "quote": "345"}) == drawn * 10000
    assert portfolio.cash == 10000 - drawn * 10000


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["buy", "optimize", "sell", "sell half", "watch"]),
        st.sampled_from(["GOOG", "AAPL", "日経"]),
        st.floats(min_value=0.01, max_value=1e6),
        st.floats(min_value=0, max_value=2e4),
    ),
    max_size=40,
)


def act(portfolio: Portfolio, kind: str, data: dict[str, Any], amount: float) -> None:
    held = portfolio.positions.get(data["sid"], 0.0)
    actions: dict[str, Callable[[], object]] = {
        "buy": lambda: portfolio.buy(data, amount),
        "optimize": lambda: portfolio.optimize(data),
        "sell": lambda: portfolio.sell(data),
        "sell half": lambda: portfolio.sell(data, held / 2) if held else None,
        "watch": lambda: None,
    }
    actions[kind]()


@given(STEPS)
def test_the_fills_fold_back_to_cash_and_positions(steps: list[tuple[Any, ...]]) -> None:
    portfolio = Portfolio(10000, sizing=RandomFraction(random.Random(1)))
    cash, positions, last = 10000.0, {}, {}
    for n, (kind, sid, price, amount) in enumerate(steps):
        data = quote(price, sid, id=str(n))
        portfolio.begin("algo", data)
        last[sid] = price
        act(portfolio, kind, data, amount)
        for order, fill in zip(portfolio.orders, portfolio.fills, strict=True):
            assert fill.order_id == order.id
            sign = 1 if fill.side == "buy" else -1
            cash -= sign * fill.amount
            positions[sid] = positions.get(sid, 0.0) + sign * fill.quantity
            if not positions[sid]:
                del positions[sid]
        assert portfolio.cash == cash >= 0
        assert portfolio.positions == positions
        worth = math.fsum([cash, *(q * last[s] for s, q in positions.items())])
        assert portfolio.equity == worth


@given(STEPS, STEPS)
def test_undo_leaves_the_portfolio_as_it_was_before_the_quote(
    before: list[tuple[Any, ...]], during: list[tuple[Any, ...]]
) -> None:
    portfolio = Portfolio(10000, sizing=Fraction(0.3))
    for kind, sid, price, amount in before:
        portfolio.begin("algo", quote(price, sid))
        act(portfolio, kind, quote(price, sid), amount)
    state = portfolio.snapshot()
    data = quote(123.0)
    portfolio.begin("algo", data)
    for kind, _, _, amount in during:
        act(portfolio, kind, data, amount)
    portfolio.undo()
    assert portfolio.snapshot() == state
    assert (portfolio.orders, portfolio.fills) == ([], [])

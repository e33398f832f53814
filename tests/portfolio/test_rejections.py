"""Whatever kept an algorithm from trading is told, with its numbers."""

from __future__ import annotations

from typing import Any

import pytest

from portfolio import AllIn, Costs, EqualWeight, Portfolio, Rejection
from portfolio.execution.paper import PaperVenue
from tests.portfolio.quotes import begin


def said(portfolio: Portfolio) -> list[str]:
    return [f"{each.side} {each.sid} {each.code}: {each.reason}" for each in portfolio.rejections]


@pytest.mark.parametrize(
    ("options", "price", "amount", "expected"),  # of 10000 in cash
    [
        (
            {"venue": PaperVenue("whole")},
            61000.0,
            10000.0,
            "below_one_unit: one unit costs 61000 and 10000 of cash is left",
        ),
        (
            {"venue": PaperVenue("whole", costs=Costs(fraction=0.25))},
            9000.0,
            10000.0,
            "below_one_unit: one unit costs 11250 and 10000 of cash is left",
        ),
        (
            {"venue": PaperVenue("whole")},
            61.5,
            60.0,
            "below_one_unit: one unit costs 61.5 and 60 was to be spent",
        ),
        (
            {},
            100.0,
            0.00345,
            "below_minimum: a buy for 0.00345 is below the minimum_amount of 0.01",
        ),
        (
            {"minimum_amount": 500},
            100.0,
            499.0,
            "below_minimum: a buy for 499 is below the minimum_amount of 500",
        ),
        (
            {"minimum_amount": 500, "venue": PaperVenue("whole")},
            300.0,
            550.0,
            "below_minimum: a buy for 300 is below the minimum_amount of 500",
        ),
        (
            {"venue": PaperVenue(costs=Costs(per_order=20000.0))},
            100.0,
            500.0,
            "no_cash: 10000 of cash is left, which the costs of an order take up",
        ),
        (
            {"minimum_amount": 20000},
            100.0,
            500.0,
            "no_cash: 10000 of cash is left",
        ),
    ],
)
def test_a_buy_that_comes_to_nothing_is_told(
    options: dict[str, Any], price: float, amount: float, expected: str
) -> None:
    portfolio = Portfolio(10000, **options)
    assert portfolio.buy(begin(portfolio, price), amount) == 0.0
    assert (portfolio.orders, said(portfolio)) == ([], [f"buy GOOG {expected}"])


def test_a_signal_to_buy_when_the_cash_is_spent_is_told_once_for_each() -> None:
    portfolio = Portfolio(1000, AllIn())
    portfolio.optimize(begin(portfolio))
    assert said(portfolio) == []
    for _ in range(2):
        portfolio.optimize(begin(portfolio))
        assert portfolio.rejections == [Rejection("GOOG", "buy", "no_cash", "no cash is left")]
    begin(portfolio)
    assert portfolio.rejections == []


def test_where_nothing_was_asked_for_nothing_is_told() -> None:
    portfolio = Portfolio(1000, EqualWeight(2))
    portfolio.optimize(begin(portfolio))
    data = begin(portfolio)
    portfolio.optimize(data)  # it has its share
    portfolio.buy(data, 0.0)
    portfolio.buy(data, -1.0)
    portfolio.order_target_value(data, 500.0)
    portfolio.order_target_value(data, 500.0001)
    portfolio.sell({**data, "sid": "AAPL"})
    assert (portfolio.orders, portfolio.rejections) == ([], [])


def test_a_position_as_near_as_whole_units_allow_lacks_nothing() -> None:
    """A position as near to its target as whole units allow lacks nothing."""
    portfolio = Portfolio(1000, venue=PaperVenue("whole"))
    portfolio.order_target_value(begin(portfolio, 300.0), 250.0)
    assert [each.code for each in portfolio.rejections] == ["below_one_unit"]
    portfolio.order_target_value(begin(portfolio, 300.0), 450.0)
    data = begin(portfolio, 300.0)
    portfolio.order_target_value(data, 450.0)
    portfolio.order_target_value(data, 150.0)
    assert (portfolio.orders, portfolio.rejections) == ([], [])


def test_an_order_that_could_not_be_paid_at_its_quote_is_told_there() -> None:
    portfolio = Portfolio(1000, AllIn(), PaperVenue("whole", "next"))
    portfolio.optimize(begin(portfolio, 100.0))
    assert [order.quantity for order in portfolio.pending] == [10.0]
    begin(portfolio, 1001.0)
    assert said(portfolio) == [
        "buy GOOG unfilled: at 1001 the 1000 of cash that is left does not pay for it"
    ]
    assert portfolio.pending == ()


def test_a_sale_whose_costs_could_not_be_paid_at_its_quote_is_told_there() -> None:
    portfolio = Portfolio(1000, AllIn(), PaperVenue(fill="next", costs=Costs(per_order=50.0)))
    portfolio.optimize(begin(portfolio, 100.0))
    portfolio.sell(begin(portfolio, 100.0))
    begin(portfolio, 1.0)
    assert said(portfolio) == [
        "sell GOOG unfilled: at 1 it brings less than its costs, and no cash is left for them"
    ]


def test_buys_that_a_limit_cancels_are_reported_with_its_reason() -> None:
    """Buys that a limit cancels while they wait are told with its reason."""
    portfolio = Portfolio.from_params({"starting_cash": 1000, "max_drawdown": 0.1, "fill": "next"})
    portfolio.buy(begin(portfolio, 100.0), 500.0)
    data = begin(portfolio, 100.0)
    portfolio.buy(data, 300.0)
    begin(portfolio, 50.0)
    assert [(each.side, each.code, each.reason) for each in portfolio.rejections] == [
        ("buy", "cancelled", portfolio.halt)
    ]
    assert portfolio.fills == []
    portfolio.undo()
    assert portfolio.rejections == []
    assert [order.amount for order in portfolio.pending] == [300.0]


def test_an_order_that_a_limit_refuses_is_an_order_and_no_rejection() -> None:
    portfolio = Portfolio.from_params({"starting_cash": 1000, "max_order": 0})
    portfolio.buy(begin(portfolio), 500.0)
    assert [order.quantity for order in portfolio.orders] == [0.0]
    assert portfolio.rejections == []


def test_a_portfolio_without_cash_places_no_order_of_nothing() -> None:
    portfolio = Portfolio(0)
    assert portfolio.buy(begin(portfolio), 500.0) == 0.0
    assert (portfolio.orders, said(portfolio)) == ([], ["buy GOOG no_cash: no cash is left"])


def test_what_is_undone_was_not_rejected() -> None:
    portfolio = Portfolio(0)
    portfolio.buy(begin(portfolio), 500.0)
    portfolio.undo()
    assert portfolio.rejections == []


def test_the_smallest_buy_is_kept_with_the_state() -> None:
    """The smallest buy is kept with the state and was a cent before it was."""
    state = Portfolio(1e6).save()
    resumed = Portfolio(1e6)
    resumed.load(state)
    assert resumed.minimum_amount == 1.0
    del state["minimum_amount"]
    resumed.load(state)
    assert resumed.minimum_amount == 0.01
    assert resumed.buy(begin(resumed), 0.02) == 0.02

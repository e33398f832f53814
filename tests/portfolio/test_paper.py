"""The paper venue: what trading costs, how large a lot may be, and where an order fills."""

import logging
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio import AllIn, Costs, PaperVenue, Portfolio
from portfolio.execution.paper import Units
from tests.portfolio.quotes import begin, hold, told


@pytest.mark.parametrize(
    ("costs", "fee"),  # of a fill of 10 units for 1000 in cash
    [
        (Costs(), 0.0),
        (Costs(fraction=0.002), 1000 * 0.002),
        (Costs(per_share=0.25), 10 * 0.25),
        (Costs(per_order=3.0), 3.0),
        (Costs(fraction=0.002, per_share=0.25, per_order=3.0), 2.0 + 2.5 + 3.0),
        (Costs(minimum=5.0), 5.0),
        (Costs(fraction=0.002, minimum=5.0), 5.0),
        (Costs(fraction=0.02, minimum=5.0), 20.0),
        (Costs(slippage=0.1), 0.0),
    ],
)
def test_the_commission_is_the_sum_of_its_parts_and_at_least_the_minimum(
    costs: Costs, fee: float
) -> None:
    assert costs.fee(1000.0, 10.0) == fee


@pytest.mark.parametrize(
    ("units", "costs", "quote", "amount", "cash", "quantity"),
    [
        ("fractional", Costs(), 100.0, 250.0, 1000.0, 2.5),
        ("fractional", Costs(), 100.0, 5000.0, 1000.0, 10.0),
        # 800 and a quarter of it are 1000
        ("fractional", Costs(fraction=0.25), 100.0, 5000.0, 1000.0, 8.0),
        ("fractional", Costs(fraction=0.25), 100.0, 700.0, 1000.0, 7.0),
        # each unit costs 4.75 + 0.25
        ("fractional", Costs(per_share=0.25), 4.75, 5000.0, 1000.0, 200.0),
        ("fractional", Costs(per_order=10.0), 100.0, 5000.0, 1000.0, 9.9),
        # a hundredth of 980 is less than the minimum
        ("fractional", Costs(fraction=0.01, minimum=20.0), 100.0, 5000.0, 1000.0, 9.8),
        # each unit is paid with 125
        ("fractional", Costs(slippage=0.25), 100.0, 5000.0, 1000.0, 8.0),
        ("whole", Costs(), 100.0, 250.0, 1000.0, 2.0),
        ("whole", Costs(), 100.0, 99.99, 1000.0, 0.0),
        ("whole", Costs(), 100.0, 300.0, 1000.0, 3.0),
        # 99 * 100.335 * 1.002 = 9953.03; 100 * 100.335 * 1.002 = 10053.57
        ("whole", Costs(fraction=0.002), 100.335, 10000.0, 10000.0, 99.0),
        # 4 per order, and per unit 4 * 1.25 + 1: 16 of them and not a cent more
        ("whole", Costs(per_order=4.0, per_share=1.0, slippage=0.25), 4.0, 1e9, 100.0, 16.0),
        ("whole", Costs(per_order=4.0, per_share=1.0, slippage=0.25), 4.0, 1e9, 99.99, 15.0),
        ("whole", Costs(minimum=50.0), 10.0, 100.0, 100.0, 5.0),
        ("whole", Costs(minimum=100.0), 10.0, 100.0, 100.0, 0.0),
        ("fractional", Costs(per_order=100.0), 10.0, 100.0, 100.0, 0.0),
        ("fractional", Costs(per_order=101.0), 10.0, 100.0, 100.0, 0.0),
    ],
)
def test_a_lot_is_the_largest_that_the_cash_pays_with_its_costs(
    units: Units, costs: Costs, quote: float, amount: float, cash: float, quantity: float
) -> None:
    lot = PaperVenue(units, costs=costs).terms.lot(quote, amount, cash)
    assert lot.quantity == pytest.approx(quantity, rel=1e-12)
    assert lot.amount == pytest.approx(quantity * quote, rel=1e-12)


@pytest.mark.parametrize("units", ["fractional", "whole"])
@pytest.mark.parametrize("amount", [-0.001, -5.0, -1000.0, 0.0])
@pytest.mark.parametrize("costs", [Costs(), Costs(minimum=2000.0), Costs(per_order=2000.0)])
def test_a_lot_is_never_below_nothing(units: Units, amount: float, costs: Costs) -> None:
    assert PaperVenue(units, costs=costs).terms.lot(100.0, amount, 1000.0) == (0.0, 0.0)


SOME = st.just(0.0) | st.floats(0.001, 10)
SHARE = st.just(0.0) | st.floats(0.0001, 0.5)
COSTS = st.builds(Costs, SHARE, SOME, SOME, SOME, SHARE)
PRICES = st.floats(1e-4, 1e6)
CASH = st.just(0.0) | st.floats(0.001, 1e7)


def bill(costs: Costs, quote: float, quantity: float) -> float:
    """Return what buying costs with all costs, by the rule in the docstring of Costs."""
    paid = quantity * quote * (1 + costs.slippage)
    charged = costs.per_order + costs.per_share * quantity + costs.fraction * paid
    return paid + max(costs.minimum, charged)


@given(COSTS, PRICES, CASH, CASH)
def test_no_whole_unit_more_could_be_bought(
    costs: Costs, quote: float, amount: float, cash: float
) -> None:
    """One whole unit more is more than was asked for or than the cash pays."""
    quantity = PaperVenue("whole", costs=costs).terms.lot(quote, amount, cash).quantity
    assert quantity == math.floor(quantity) >= 0
    if quantity:
        assert quantity * quote <= amount
        assert bill(costs, quote, quantity) <= cash * (1 + 1e-12)
    more = quantity + 1
    assert more * quote > amount or bill(costs, quote, more) > cash * (1 - 1e-12)


@given(COSTS, PRICES, st.integers(1, 1_000_000))
def test_cash_that_pays_so_many_whole_units_to_the_last_bit_buys_them_all(
    costs: Costs, quote: float, count: int
) -> None:
    cash = bill(costs, quote, count)
    assert PaperVenue("whole", costs=costs).terms.lot(quote, 1e15, cash).quantity == count


@given(COSTS, PRICES, CASH, CASH)
def test_a_little_more_is_more_than_was_asked_for_or_than_the_cash_pays(
    costs: Costs, quote: float, amount: float, cash: float
) -> None:
    lot = PaperVenue(costs=costs).terms.lot(quote, amount, cash)
    assert lot.amount <= amount
    if lot.amount > 0:
        assert lot.quantity == lot.amount / quote
        assert bill(costs, quote, lot.quantity) <= cash * (1 + 1e-12)
    more = lot.amount + 1e-6 + 1e-9 * cash
    assert more > amount or bill(costs, quote, more / quote) > cash


@pytest.mark.parametrize(
    ("costs", "price", "amount", "fee", "cash"),  # of buying 4 at 100 with 1000 in cash
    [
        (Costs(), 100.0, 400.0, 0.0, 600.0),
        (Costs(fraction=0.01), 100.0, 400.0, 4.0, 596.0),
        (Costs(per_order=2.0, per_share=0.5), 100.0, 400.0, 4.0, 596.0),
        (Costs(minimum=7.0), 100.0, 400.0, 7.0, 593.0),
        (Costs(slippage=0.25), 125.0, 500.0, 0.0, 500.0),
        # the commission is of what is paid
        (Costs(slippage=0.25, fraction=0.01), 125.0, 500.0, 5.0, 495.0),
    ],
)
def test_costs_are_charged_in_the_fill_of_a_buy(
    costs: Costs, price: float, amount: float, fee: float, cash: float
) -> None:
    portfolio = Portfolio(1000, venue=PaperVenue(costs=costs))
    data = begin(portfolio, 100.0)
    assert portfolio.buy(data, 400.0) == 400.0
    (order,), (fill,) = portfolio.orders, portfolio.fills
    assert (order.quantity, order.price, order.amount) == (4.0, 100.0, 400.0)
    assert (fill.quantity, fill.price, fill.amount, fill.fee) == (4.0, price, amount, fee)
    assert (portfolio.cash, portfolio.fees) == (cash, fee)


@pytest.mark.parametrize(
    ("costs", "price", "amount", "fee", "cash"),  # of selling 4 at 100 with 1000 in cash
    [
        (Costs(), 100.0, 400.0, 0.0, 1400.0),
        (Costs(fraction=0.01), 100.0, 400.0, 4.0, 1396.0),
        (Costs(per_order=2.0, per_share=0.5), 100.0, 400.0, 4.0, 1396.0),
        (Costs(minimum=7.0), 100.0, 400.0, 7.0, 1393.0),
        (Costs(slippage=0.25), 75.0, 300.0, 0.0, 1300.0),
        (Costs(slippage=0.25, fraction=0.01), 75.0, 300.0, 3.0, 1297.0),
    ],
)
def test_costs_are_charged_in_the_fill_of_a_sale(
    costs: Costs, price: float, amount: float, fee: float, cash: float
) -> None:
    portfolio = Portfolio(1000, venue=PaperVenue(costs=costs))
    hold(portfolio, 4.0, 320.0, 100.0)
    portfolio.sell(begin(portfolio, 100.0))
    (fill,) = portfolio.fills
    assert (fill.quantity, fill.price, fill.amount, fill.fee) == (4.0, price, amount, fee)
    assert (portfolio.cash, portfolio.realised) == (cash, amount - 320.0)


def test_a_sale_whose_costs_cannot_be_paid_is_refused() -> None:
    """A sale whose costs are more than it brings and the cash is refused."""
    portfolio = Portfolio(1000, AllIn(), PaperVenue(costs=Costs(per_order=50.0)))
    portfolio.optimize(begin(portfolio, 100.0))
    assert (portfolio.cash, portfolio.quantity("GOOG")) == (0.0, 9.5)
    assert portfolio.sell(begin(portfolio, 1.0)) == 0.0
    # 9.5 units bring 9.50, and selling them costs 50
    assert told(portfolio) == [
        "sell 0 of 9.5: costs: they are more than the sale brings and the cash, by 40.50"
    ]
    assert portfolio.fills == []


def next_quote(cash: float = 1000.0, **options: Any) -> Portfolio:
    return Portfolio(cash, AllIn(), PaperVenue(fill="next", **options))


def test_by_default_an_order_fills_at_the_quote_that_caused_it() -> None:
    portfolio = Portfolio(1000)
    portfolio.buy(begin(portfolio, 100.0, id="1", ts="2013-03-01"), 500.0)
    (fill,) = portfolio.fills
    assert (fill.price, fill.quote_id, fill.ts) == (100.0, "1", "2013-03-01")


def test_under_next_an_order_fills_at_the_next_quote_of_its_instrument() -> None:
    portfolio = next_quote()
    portfolio.buy(begin(portfolio, 100.0, id="1", ts="2013-03-01"), 500.0)
    (order,) = portfolio.orders
    assert (portfolio.fills, portfolio.positions, portfolio.cash) == ([], {}, 1000.0)
    begin(portfolio, 7.0, "AAPL", id="2", ts="2013-03-02")
    assert portfolio.fills == []
    begin(portfolio, 110.0, id="3", ts="2013-03-03")
    (fill,) = portfolio.fills
    assert fill.id == "algo:quotes:3:0"
    assert fill.order_id == order.id == "algo:quotes:1:0"
    assert (fill.quantity, fill.price, fill.amount) == (5.0, 110.0, 550.0)
    assert (fill.ts, fill.quote_id) == ("2013-03-03", "3")
    assert (portfolio.cash, portfolio.orders) == (450.0, [])
    begin(portfolio, 120.0, id="4", ts="2013-03-04")
    assert portfolio.fills == []


def test_pending_orders_of_an_instrument_fill_in_the_order_placed() -> None:
    portfolio = next_quote()
    data = begin(portfolio, 100.0, id="1")
    portfolio.buy(data, 200.0)
    portfolio.buy(data, 300.0)
    begin(portfolio, 100.0, id="2")
    assert [(fill.id, fill.order_id) for fill in portfolio.fills] == [
        ("algo:quotes:2:0", "algo:quotes:1:0"),
        ("algo:quotes:2:1", "algo:quotes:1:1"),
    ]


@pytest.mark.parametrize(
    ("units", "costs", "price", "quantity", "cash"),  # of 10 units at 100, ordered with all of 1000
    [
        ("fractional", Costs(), 90.0, 10.0, 100.0),
        ("fractional", Costs(), 125.0, 8.0, 0.0),
        ("whole", Costs(), 110.0, 9.0, 10.0),  # 9 * 110 = 990
        ("whole", Costs(per_order=0.0, minimum=0.0), 1001.0, 0.0, 1000.0),
    ],
)
def test_a_buy_that_has_become_dearer_is_cut_to_what_the_cash_pays_then(
    units: Units, costs: Costs, price: float, quantity: float, cash: float
) -> None:
    portfolio = next_quote(units=units, costs=costs)
    portfolio.optimize(begin(portfolio, 100.0))
    begin(portfolio, price)
    assert (portfolio.quantity("GOOG"), portfolio.cash) == (quantity, cash)


def test_an_order_that_the_cash_no_longer_pays_does_not_fill_and_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    portfolio = next_quote(units="whole")
    portfolio.optimize(begin(portfolio, 100.0, id="1"))
    begin(portfolio, 1001.0, id="2")
    assert portfolio.fills == []
    assert caplog.messages == [
        "algo:quotes:1:0 does not fill: at 1001 the 1000 of cash that is left does not pay for it",
    ]
    begin(portfolio, 100.0, id="3")
    assert portfolio.fills == []


def test_a_pending_sale_whose_costs_cannot_be_paid_does_not_fill() -> None:
    """A pending sale whose costs cannot be paid at its quote does not fill."""
    portfolio = next_quote(costs=Costs(per_order=50.0))
    portfolio.optimize(begin(portfolio, 100.0))
    assert portfolio.sell(begin(portfolio, 100.0)) == 9.5
    begin(portfolio, 1.0)
    assert (portfolio.fills, portfolio.quantity("GOOG"), portfolio.cash) == ([], 9.5, 0.0)


def test_cash_that_pending_buys_commit_buys_nothing_else() -> None:
    portfolio = next_quote(costs=Costs(fraction=0.25))
    assert portfolio.buy(begin(portfolio, 100.0), 400.0) == 400.0
    assert (portfolio.cash, portfolio.buying_power) == (1000.0, 1000.0 - 400 * 1.25)
    # 400 and a quarter of it are the 500 that are left
    assert portfolio.buy(begin(portfolio, 10.0, "AAPL"), 1000.0) == 400.0
    assert portfolio.buying_power == 0.0
    assert portfolio.optimize(begin(portfolio, 10.0, "IBM")) == 0.0


def test_units_that_pending_sales_commit_are_not_sold_again() -> None:
    portfolio = next_quote()
    portfolio.optimize(begin(portfolio, 100.0))
    data = begin(portfolio, 100.0)
    assert portfolio.sell(data, 4.0) == 4.0
    with pytest.raises(ValueError, match=r"cannot sell 7 of GOOG: 6\.0 are held"):
        portfolio.sell(data, 7)
    assert portfolio.sell(data) == 6.0
    assert portfolio.sell(data) == 0.0
    begin(portfolio, 50.0)
    assert (portfolio.positions, portfolio.cash) == ({}, 500.0)


def test_the_value_of_an_instrument_counts_the_buys_that_wait() -> None:
    portfolio = next_quote()
    portfolio.buy(begin(portfolio, 100.0), 400.0)
    assert portfolio.value("GOOG") == 400.0
    begin(portfolio, 50.0)
    assert portfolio.value("GOOG") == 4 * 50.0


@given(
    st.floats(1, 1e5),
    st.floats(0.01, 1e4),
    st.lists(st.floats(0.01, 0.4), min_size=1, max_size=6),
    st.floats(0.01, 1e4),
)
def test_sales_that_wait_together_for_the_whole_position_close_it(
    cash: float, price: float, parts: list[float], later: float
) -> None:
    portfolio = next_quote(cash)
    portfolio.optimize(begin(portfolio, price))
    data = begin(portfolio, price)
    held = portfolio.quantity("GOOG")
    for part in parts:
        if part * held < held - sum(order.quantity for order in portfolio.orders):
            portfolio.sell(data, part * held)
    portfolio.sell(data)
    begin(portfolio, later)
    assert portfolio.positions == {}

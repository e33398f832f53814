"""The portfolio: places orders, changes by their fills, and takes back what an error left."""

import copy
import logging
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio import (
    AllIn,
    Costs,
    Fill,
    MaxOrder,
    Order,
    PaperVenue,
    Portfolio,
    Position,
)
from tests.portfolio.quotes import Fraction, begin, quote, told


def test_a_buy_order_and_its_fill_have_the_contracts_fields() -> None:
    portfolio = Portfolio(1000, Fraction(0.25))
    assert portfolio.optimize(begin(portfolio, 100.0, ts="2013-03-01")) == 250.0
    assert portfolio.orders == [
        Order(
            "algo:quotes:7:0", "algo", "GOOG", "buy", "market",
            2.5, 100.0, 250.0, "2013-03-01", "7", None, None,
        )
    ]  # fmt: skip
    assert portfolio.fills == [
        Fill(
            "algo:quotes:7:0", "algo:quotes:7:0", "algo", "GOOG", "buy",
            2.5, 100.0, 250.0, 0.0, "2013-03-01", "7",
        )
    ]  # fmt: skip
    assert portfolio.cash == 750.0
    assert portfolio.positions == {"GOOG": Position(2.5, 250.0)}


def test_selling_turns_the_position_into_cash_at_the_quote() -> None:
    portfolio = Portfolio(1000, Fraction(0.5))
    portfolio.optimize(quote(100.0))
    assert portfolio.sell(quote(120.0)) == 5.0
    assert (portfolio.cash, portfolio.positions, portfolio.realised) == (1100.0, {}, 100.0)


def test_a_part_of_a_position_can_be_sold() -> None:
    portfolio = Portfolio(1000, Fraction(0.5))
    portfolio.optimize(quote(100.0))
    portfolio.sell(quote(110.0), 2)
    assert portfolio.positions == {"GOOG": Position(3.0, 300.0)}
    assert (portfolio.cash, portfolio.realised) == (500.0 + 220, 2 * 10.0)


def test_orders_and_fills_at_one_quote_are_numbered_in_the_order_placed() -> None:
    portfolio = Portfolio(1000)
    data = begin(portfolio, 100.0)
    portfolio.buy(data, 300.0)
    portfolio.sell(data, 1.0)
    portfolio.sell(data)
    assert [(order.id, order.side, order.quantity) for order in portfolio.orders] == [
        ("algo:quotes:7:0", "buy", 3.0),
        ("algo:quotes:7:1", "sell", 1.0),
        ("algo:quotes:7:2", "sell", 2.0),
    ]
    assert [fill.order_id for fill in portfolio.fills] == [order.id for order in portfolio.orders]


@pytest.mark.parametrize("fill", ["quote", "next"])
@pytest.mark.parametrize("sid", ["GOOG", "IBM"])
def test_two_quotes_give_no_two_orders_one_id_whatever_quote_they_are_placed_at(
    fill: Any, sid: str
) -> None:
    portfolio = Portfolio(1000, venue=PaperVenue(fill=fill))
    kept = begin(portfolio, id="1")
    portfolio.buy(kept, 100.0)
    placed, filled = [*portfolio.orders], [*portfolio.fills]
    for number in ("2", "3"):
        data = begin(portfolio, sid=sid, id=number)
        portfolio.buy(kept, 100.0)
        portfolio.buy(data, 100.0)
        placed += portfolio.orders
        filled += portfolio.fills
    assert [(order.id, order.quote_id) for order in placed] == [
        ("algo:quotes:1:0", "1"),
        ("algo:quotes:2:0", "1"),
        ("algo:quotes:2:1", "2"),
        ("algo:quotes:3:0", "1"),
        ("algo:quotes:3:1", "3"),
    ]
    assert len({fill.id for fill in filled}) == len(filled)


def test_without_a_quote_that_has_come_an_order_has_the_id_of_its_own() -> None:
    portfolio = Portfolio(1000)
    for number in ("1", "2"):
        portfolio.buy(quote(id=number), 100.0)
    assert [order.id for order in portfolio.orders] == [":quotes:1:0", ":quotes:2:1"]


def test_what_was_placed_at_the_quote_before_is_forgotten() -> None:
    portfolio = Portfolio(1000)
    portfolio.buy(begin(portfolio), 300.0)
    begin(portfolio)
    assert (portfolio.orders, portfolio.fills) == ([], [])


def test_the_snapshot_tells_cash_positions_profit_and_fees() -> None:
    costs = Costs(per_order=1.0)
    portfolio = Portfolio(1000, venue=PaperVenue(costs=costs))
    portfolio.buy(begin(portfolio, 50.0, "IBM"), 100.0)
    data = begin(portfolio, 100.0)
    portfolio.buy(data, 400.0)
    begin(portfolio, 80.0)
    portfolio.sell(begin(portfolio, 110.0), 1.0)
    assert portfolio.snapshot() == {
        "cash": 1000.0 - 100 - 1 - 400 - 1 + 110 - 1,
        "positions": {
            "GOOG": {"quantity": 3.0, "average_cost": 100.0, "price": 110.0},
            "IBM": {"quantity": 2.0, "average_cost": 50.0, "price": 50.0},
        },
        "equity": 607.0 + 3 * 110 + 2 * 50,
        "exposure": 3 * 110.0 + 2 * 50,
        "realised": 10.0,
        "unrealised": 3 * 10.0,
        "fees": 3.0,
        "halt": None,
        "halted": None,
    }
    assert list(portfolio.snapshot()["positions"]) == ["GOOG", "IBM"]


def test_selling_what_is_not_held_places_no_order() -> None:
    portfolio = Portfolio(1000)
    assert portfolio.sell(quote()) == 0.0
    assert portfolio.orders == []


@pytest.mark.parametrize("quantity", [5.1, 0, -1])
def test_selling_more_than_is_held_or_nothing_is_refused(
    quantity: float,
) -> None:
    """Selling more than is held or nothing is refused because it is long only."""
    portfolio = Portfolio(1000, Fraction(0.5))
    portfolio.optimize(quote(100.0))
    with pytest.raises(ValueError, match=r"5\.0 are held, and this portfolio is long only"):
        portfolio.sell(quote(100.0), quantity)
    assert portfolio.positions == {"GOOG": Position(5.0, 500.0)}


def test_a_part_of_a_unit_is_not_sold_where_units_are_whole() -> None:
    portfolio = Portfolio(1000, AllIn(), PaperVenue("whole"))
    portfolio.optimize(quote(100.0))
    with pytest.raises(ValueError, match=r"cannot sell 2\.5 of GOOG: units are whole"):
        portfolio.sell(quote(100.0), 2.5)


@pytest.mark.parametrize("amount", [-1, math.nan, math.inf])
def test_a_starting_cash_that_is_none_is_refused(amount: float) -> None:
    with pytest.raises(ValueError, match="starting cash"):
        Portfolio(amount)


@pytest.mark.parametrize("amount", [math.nan, math.inf, -math.inf])
def test_a_buy_for_what_is_no_amount_is_refused(amount: float) -> None:
    with pytest.raises(ValueError, match="it has to be a finite number"):
        Portfolio(1000).buy(quote(), amount)


def test_a_buy_of_more_than_the_cash_is_cut_to_it() -> None:
    portfolio = Portfolio(1000)
    assert portfolio.buy(quote(), 5000) == 1000.0
    assert portfolio.cash == 0.0
    assert told(portfolio) == ["buy 10"]


@pytest.mark.parametrize("cash", [1000.0, 0.05, 1e12])
@pytest.mark.parametrize(("part", "orders"), [(0.999e-6, 0), (1.001e-6, 1), (0.0, 0), (-0.5, 0)])
def test_a_buy_below_a_millionth_of_the_starting_cash_places_no_order(
    cash: float, part: float, orders: int
) -> None:
    portfolio, amount = Portfolio(cash), part * cash
    assert portfolio.buy(quote(), amount) == (amount if orders else 0.0)
    assert len(portfolio.orders) == orders


@pytest.mark.parametrize(("amount", "bought"), [(99.99, 0), (100, 1), (299, 2), (5000, 10)])
def test_a_buy_is_of_whole_units_where_units_are_whole(amount: float, bought: int) -> None:
    portfolio = Portfolio(1050, venue=PaperVenue("whole"))
    assert portfolio.buy(quote(100.0), amount) == bought * 100.0
    assert portfolio.quantity("GOOG") == bought
    assert len(portfolio.orders) == bool(bought)


def test_cash_is_spent_is_said_once_until_cash_comes_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    portfolio = Portfolio(1000, AllIn())
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


def test_numbers_given_as_whole_ones_are_floats_in_orders_and_fills() -> None:
    venue = PaperVenue(costs=Costs(minimum=1))
    portfolio = Portfolio(1000, venue=venue, limits=[MaxOrder(200)])
    data = begin(portfolio)
    portfolio.buy(data, 100)
    portfolio.buy(data, 300)
    portfolio.sell(data, 1)
    for record in (*portfolio.orders, *portfolio.fills):
        fields = record._asdict()
        for name in {"quantity", "price", "amount", "fee"} & set(fields):
            assert type(fields[name]) is float, (name, record)
        assert type(fields.get("asked") or 0.0) is float


# order_target_value


@pytest.mark.parametrize(
    ("units", "target", "said"),  # 10 units of 1000 in cash are held at 100, which are now at 50
    [
        ("fractional", 500.0, []),
        ("fractional", 300.0, ["sell 4"]),
        ("fractional", 0.0, ["sell 10"]),
        ("fractional", 625.0, ["buy 2.5"]),
        ("fractional", 9999.0, ["buy 20"]),  # the other 1000 of cash
        ("fractional", 499.999, []),  # less than a millionth of 2000
        ("whole", 299.0, ["sell 4"]),  # 4.02 of them are too much
        ("whole", 0.0, ["sell 10"]),
        ("whole", 460.0, []),
        ("whole", 625.0, ["buy 2"]),
        ("whole", 549.0, []),
    ],
)
def test_a_position_is_brought_to_a_value(units: Any, target: float, said: list[str]) -> None:
    portfolio = Portfolio(2000, venue=PaperVenue(units))
    portfolio.buy(begin(portfolio, 100.0), 1000.0)
    portfolio.order_target_value(begin(portfolio, 50.0), target)
    assert told(portfolio) == said


@pytest.mark.parametrize("units", ["fractional", "whole"])
@given(cash=st.floats(10, 1e6), bought=st.floats(0.05, 1e3), now=st.floats(0.05, 1e3))
def test_a_position_that_is_brought_to_nothing_is_closed(
    units: Any, cash: float, bought: float, now: float
) -> None:
    portfolio = Portfolio(cash, AllIn(), PaperVenue(units))
    portfolio.optimize(begin(portfolio, bought))
    data = begin(portfolio, now)
    if portfolio.value("GOOG") >= 0.02:
        portfolio.order_target_value(data, 0)
        assert portfolio.positions == {}


@given(st.integers(1, 1000), st.floats(0.01, 1e4), st.floats(0.01, 1e7))
def test_of_a_position_no_more_units_are_sold_than_is_too_much(
    count: int, price: float, target: float
) -> None:
    """Of a position the most whole units are sold that are worth no more than is too much."""
    portfolio = Portfolio(count * price * 1.01, venue=PaperVenue("whole"))
    data = begin(portfolio, price)
    portfolio.buy(data, count * price)
    held = portfolio.quantity("GOOG")
    excess = held * price - target
    if excess >= 0:
        portfolio.order_target_value(data, target)
        sold = held - portfolio.quantity("GOOG")
        assert sold * price <= excess < (sold + 1) * price


@pytest.mark.parametrize(
    ("targets", "quantity"),  # 10 units at 100 are held, and so much was ordered at one quote
    [
        ([500.0], 5.0),
        ([500.0, 500.0], 5.0),
        ([0.0, 500.0], 5.0),
        ([0.0, 0.0], 0.0),
        ([500.0, 700.0, 200.0], 2.0),
        ([1500.0, 1500.0], 15.0),
        ([1500.0, 1000.0], 10.0),
    ],
)
def test_waiting_orders_count_for_the_value_of_a_position(
    targets: list[float], quantity: float
) -> None:
    """Orders that wait count for the value that a position is brought to."""
    portfolio = Portfolio(3000, venue=PaperVenue(fill="next"))
    portfolio.buy(begin(portfolio, 100.0), 1000.0)
    data = begin(portfolio, 100.0)
    for target in targets:
        portfolio.order_target_value(data, target)
    begin(portfolio, 100.0)
    assert portfolio.quantity("GOOG") == quantity


# undo, save and load


def test_undo_takes_back_the_fills_and_prices_of_other_instruments_too() -> None:
    portfolio = Portfolio(1000)
    portfolio.buy(begin(portfolio, 100.0, "IBM"), 200.0)
    state = copy.deepcopy(portfolio.save())
    begin(portfolio, 50.0)
    portfolio.sell(quote(120.0, "IBM"))
    portfolio.buy(quote(10.0, "AAPL"), 300.0)
    portfolio.undo()
    assert portfolio.save() == state
    assert (portfolio.orders, portfolio.fills) == ([], [])
    assert portfolio.equity == 1000.0


def test_undo_has_orders_wait_again_that_had_filled() -> None:
    portfolio = Portfolio(1000, venue=PaperVenue(fill="next"))
    portfolio.buy(begin(portfolio, 100.0, id="1"), 200.0)
    begin(portfolio, 80.0, id="2")
    portfolio.undo()
    assert (portfolio.cash, portfolio.positions) == (1000.0, {})
    begin(portfolio, 50.0, id="3")
    (fill,) = portfolio.fills
    assert (fill.order_id, fill.quantity, fill.price) == ("algo:quotes:1:0", 2.0, 50.0)


def test_undo_before_the_first_quote_or_twice_changes_nothing() -> None:
    portfolio = Portfolio(1000)
    portfolio.undo()
    portfolio.buy(begin(portfolio, 100.0), 200.0)
    begin(portfolio, 110.0)
    portfolio.undo()
    portfolio.undo()
    assert (portfolio.cash, portfolio.quantity("GOOG"), portfolio.equity) == (800.0, 2.0, 1000.0)


def test_what_was_saved_does_not_change_with_the_portfolio() -> None:
    portfolio = Portfolio(1000)
    portfolio.buy(begin(portfolio, 100.0), 200.0)
    state = portfolio.save()
    kept = copy.deepcopy(state)
    portfolio.sell(begin(portfolio, 110.0))
    portfolio.buy(begin(portfolio, 5.0, "AAPL"), 200.0)
    assert state == kept

"""Halt, resume, reset and flatten: what a person's commands do to a portfolio."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from portfolio import (
    AllIn,
    Costs,
    MaxDailyLoss,
    MaxDrawdown,
    Order,
    OrderAccount,
    PaperVenue,
    Portfolio,
    PriceBand,
)
from tests.portfolio.quotes import begin, hold, quote, told

WHY = "halted by anna: earnings"


def command(portfolio: Portfolio, name: str = "c1") -> None:
    """Have a portfolio take in a command, as the engine does."""
    portfolio.begin_other("algo", "commands/algo", name)


def halt(portfolio: Portfolio, name: str = "c1") -> bool:
    command(portfolio, name)
    return portfolio.halt_buying("earnings", "anna", name)


def resume(portfolio: Portfolio) -> str | None:
    command(portfolio, "r1")
    return portfolio.resume_buying()


def flatten(portfolio: Portfolio, name: str = "f1") -> list[str]:
    """Carry out a flatten; return the sales that it placed, as `GOOG 2.5`."""
    halt(portfolio, name)
    portfolio.flatten()
    return [f"{order.sid} {order.quantity:g}" for order in portfolio.orders]


def waiting(portfolio: Portfolio) -> list[str]:
    return [f"{order.side} {order.sid} {order.quantity:g}" for order in portfolio.pending]


def order(side: Any, quantity: float, sid: str = "GOOG", price: float = 100.0) -> Order:
    """Return an order as an algorithm without a portfolio returns it."""
    amount = quantity * price
    return Order("algo:quotes:7:0", "algo", sid, side, "market", quantity, price, amount, None, "7")


# halt and resume


def test_a_buy_during_a_halt_is_an_order_of_nothing_with_the_reason() -> None:
    portfolio = Portfolio(1000)
    assert halt(portfolio)
    data = begin(portfolio)
    assert portfolio.buy(data, 300.0) == 0.0
    assert told(portfolio) == [f"buy 0 of 300: {WHY}"]
    assert (portfolio.cash, portfolio.fills) == (1000.0, [])


def test_an_order_that_is_returned_during_a_halt_is_cut_to_nothing() -> None:
    account = OrderAccount(1000)
    halt(account)
    account.take(begin(account), [order("buy", 3.0)])
    assert told(account) == [f"buy 0 of 300: {WHY}"]
    assert (account.cash, account.fills) == (1000.0, [])


def test_sales_go_on_during_a_halt() -> None:
    portfolio = Portfolio(1000)
    portfolio.buy(begin(portfolio), 300.0)
    halt(portfolio)
    assert portfolio.sell(begin(portfolio)) == 3.0
    account = OrderAccount(1000)
    account.take(begin(account), [order("buy", 3.0)])
    halt(account)
    account.take(begin(account), [order("sell", 3.0)])
    assert account.positions == portfolio.positions == {}


def test_a_halt_without_a_name_gives_its_reason_alone() -> None:
    portfolio = Portfolio(1000)
    command(portfolio)
    portfolio.halt_buying("earnings", None, "c1")
    assert portfolio.halt == "halted: earnings"
    assert portfolio.halted == {"reason": "earnings", "by": None, "id": "c1"}


def test_the_first_halt_stays_when_another_is_asked_for() -> None:
    portfolio = Portfolio(1000)
    assert halt(portfolio, "c1")
    assert not halt(portfolio, "c2")
    assert portfolio.halted == {"reason": "earnings", "by": "anna", "id": "c1"}
    assert portfolio.snapshot()["halted"] == portfolio.halted
    assert portfolio.snapshot()["halt"] == WHY


def test_a_halt_cancels_the_buys_that_wait_and_not_the_sales() -> None:
    portfolio = Portfolio(1000, venue=PaperVenue(fill="next"))
    portfolio.buy(begin(portfolio, id="1"), 300.0)
    data = begin(portfolio, id="2")
    portfolio.sell(data, 1.0)
    portfolio.buy(data, 200.0)
    halt(portfolio)
    assert waiting(portfolio) == ["sell GOOG 1"]
    assert [(each.code, each.reason) for each in portfolio.rejections] == [("cancelled", WHY)]
    assert portfolio.buying_power == 700.0


def test_buying_goes_on_after_a_resume() -> None:
    portfolio = Portfolio(1000)
    halt(portfolio)
    assert resume(portfolio) == "earnings"
    assert (portfolio.halt, portfolio.halted) == (None, None)
    assert resume(portfolio) is None
    assert portfolio.buy(begin(portfolio), 300.0) == 300.0


def lost(*limits: Any) -> Portfolio:
    """Return a portfolio that has lost half of its equity, on the first day."""
    portfolio = Portfolio(1000, AllIn(), limits=limits)
    portfolio.optimize(begin(portfolio, 100.0, ts="2024-01-10"))
    begin(portfolio, 50.0, ts="2024-01-10")
    return portfolio


def test_a_resume_leaves_a_limits_stop_and_a_reset_leaves_a_halt() -> None:
    portfolio = lost(MaxDrawdown(0.1))
    stop = portfolio.limit_stop
    halt(portfolio)
    assert portfolio.halt == f"{WHY}; {stop}"
    resume(portfolio)
    assert portfolio.halt == portfolio.limit_stop == stop is not None
    halt(portfolio)
    assert portfolio.reset() == stop
    assert (portfolio.halt, portfolio.limit_stop) == (WHY, None)
    assert portfolio.reset() is None
    assert portfolio.halt == WHY


def test_a_halt_outlives_the_day_that_a_daily_loss_ends() -> None:
    portfolio = lost(MaxDailyLoss(0.1))
    halt(portfolio)
    assert portfolio.limit_stop
    begin(portfolio, 50.0, ts="2024-01-11")
    assert (portfolio.limit_stop, portfolio.halt) == (None, WHY)


def test_the_reason_of_a_buy_names_halt_and_stop() -> None:
    portfolio = lost(MaxDrawdown(0.1))
    portfolio.sell(begin(portfolio, 50.0, ts="2024-01-10"))
    halt(portfolio)
    portfolio.buy(begin(portfolio, 50.0, ts="2024-01-10"), 100.0)
    (refused,) = portfolio.orders
    assert refused.reason == portfolio.halt
    assert portfolio.halt == f"{WHY}; {portfolio.limit_stop}"


def test_a_halt_outlives_save_and_load_and_older_states_have_none() -> None:
    portfolio, resumed = Portfolio(1000), Portfolio(1000)
    halt(portfolio)
    state = portfolio.save()
    resumed.load(state)
    assert resumed.halted == portfolio.halted is not None
    assert resumed.save() == state
    del state["halt"]
    resumed.load(state)
    assert resumed.halted is None


def test_a_halt_during_a_warm_up_is_in_force_after_it() -> None:
    portfolio = Portfolio(1000)
    portfolio.is_warming_up = True
    portfolio.buy(begin(portfolio), 300.0)
    assert flatten(portfolio) == []
    portfolio.buy(begin(portfolio), 300.0)
    assert portfolio.orders == []
    portfolio.is_warming_up = False
    portfolio.buy(begin(portfolio), 300.0)
    assert told(portfolio) == [f"buy 0 of 300: {WHY}"]


# flatten


def whole(fill: Any = "quote") -> Portfolio:
    return Portfolio(1000, venue=PaperVenue("whole", fill))


PORTFOLIOS: dict[str, Callable[[], Portfolio]] = {
    "no limits": lambda: Portfolio(1000),
    "distrust": lambda: Portfolio(1000, limits=[PriceBand(0.5)]),
    "fill=next": lambda: Portfolio(1000, venue=PaperVenue(fill="next")),
    "whole units": whole,
    "whole units, fill=next": lambda: whole("next"),
    "costs": lambda: Portfolio(1000, venue=PaperVenue(costs=Costs(0.01, slippage=0.1))),
    "returned orders": lambda: OrderAccount(1000),
    "returned orders, distrust": lambda: OrderAccount(1000, limits=[PriceBand(0.5)]),
    "returned orders, fill=next": lambda: OrderAccount(1000, venue=PaperVenue(fill="next")),
}


def holding(make: Callable[[], Portfolio]) -> Portfolio:
    """Return a portfolio that holds 3 GOOG and 2 IBM."""
    portfolio = make()
    for sid, quantity in (("GOOG", 3.0), ("IBM", 2.0)):
        data = begin(portfolio, 100.0, sid, id=f"{sid}1")
        if isinstance(portfolio, OrderAccount):
            portfolio.take(data, [order("buy", quantity, sid)])
        else:
            portfolio.buy(data, quantity * 100.0)
        begin(portfolio, 100.0, sid, id=f"{sid}2")
    return portfolio


@pytest.mark.parametrize("name", PORTFOLIOS)
@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_flatten_sells_everything_at_each_instruments_next_quote(
    name: str, is_restarted: bool
) -> None:
    portfolio = holding(PORTFOLIOS[name])
    assert flatten(portfolio) == ["GOOG 3", "IBM 2"]
    assert waiting(portfolio) == ["sell GOOG 3", "sell IBM 2"]
    if is_restarted:
        state = portfolio.save()
        portfolio = PORTFOLIOS[name]()
        portfolio.load(state)
    cash = portfolio.cash
    begin(portfolio, 80.0, "IBM", id="IBM3")
    (fill,) = portfolio.fills
    assert (fill.sid, fill.quantity, fill.quote_id) == ("IBM", 2.0, "IBM3")
    assert portfolio.cash == cash + fill.amount - fill.fee
    assert sorted(portfolio.positions) == ["GOOG"]
    begin(portfolio, 120.0, "GOOG", id="GOOG3")
    assert [fill.order_id for fill in portfolio.fills] == ["algo:commands/algo:f1:0"]
    assert (portfolio.positions, portfolio.pending) == ({}, ())


def test_a_sale_of_a_flatten_travels_like_any_order() -> None:
    portfolio = Portfolio(1000)
    portfolio.buy(begin(portfolio, 100.0, "IBM"), 200.0)
    portfolio.buy(begin(portfolio, 50.0, "GOOG"), 300.0)
    flatten(portfolio)
    assert portfolio.orders == [
        Order(
            f"algo:commands/algo:f1:{n}", "algo", sid, "sell", "market",
            quantity, price, quantity * price, None, "f1",
        )
        for n, (sid, quantity, price) in enumerate([("GOOG", 6.0, 50.0), ("IBM", 2.0, 100.0)])
    ]  # fmt: skip
    assert portfolio.fills == []


@pytest.mark.parametrize("make", [Portfolio, OrderAccount])
def test_a_flatten_waits_for_a_quote_that_is_trusted(make: type[Portfolio]) -> None:
    portfolio = make(1000, limits=[PriceBand(0.5)])
    begin(portfolio, 100.0)
    hold(portfolio, 3.0, 300.0, 100.0)
    flatten(portfolio)
    begin(portfolio, 1.0)
    assert (portfolio.fills, waiting(portfolio)) == ([], ["sell GOOG 3"])
    begin(portfolio, 100.0)  # as far away from the one that was not trusted
    begin(portfolio, 99.0)
    (fill,) = portfolio.fills
    assert (fill.quantity, fill.price) == (3.0, 99.0)


def test_sales_of_a_flatten_that_an_algorithm_asks_for_at_a_quote_wait_too() -> None:
    portfolio = holding(lambda: Portfolio(1000))
    begin(portfolio, 100.0, "GOOG", id="3")
    portfolio.flatten()
    assert (portfolio.fills, waiting(portfolio)) == ([], ["sell GOOG 3", "sell IBM 2"])
    assert [order.id for order in portfolio.orders] == ["algo:quotes:3:0", "algo:quotes:3:1"]
    begin(portfolio, 90.0, "GOOG", id="4")
    assert [(fill.quantity, fill.price) for fill in portfolio.fills] == [(3.0, 90.0)]


def test_a_second_flatten_finds_nothing_more_to_sell() -> None:
    portfolio = holding(lambda: Portfolio(1000))
    flatten(portfolio, "f1")
    assert flatten(portfolio, "f2") == []
    assert waiting(portfolio) == ["sell GOOG 3", "sell IBM 2"]
    begin(portfolio, 100.0, "IBM")
    assert flatten(portfolio, "f3") == []


def test_a_flatten_sells_what_a_pending_sale_leaves() -> None:
    portfolio = holding(lambda: Portfolio(1000, venue=PaperVenue(fill="next")))
    portfolio.sell(begin(portfolio, 100.0, "GOOG", id="3"), 1.0)
    assert flatten(portfolio) == ["GOOG 2", "IBM 2"]
    begin(portfolio, 100.0, "GOOG", id="4")
    assert [fill.quantity for fill in portfolio.fills] == [1.0, 2.0]
    assert sorted(portfolio.positions) == ["IBM"]


def test_an_algorithm_sells_only_what_a_flatten_leaves() -> None:
    portfolio = Portfolio(1000)
    kept = begin(portfolio, 100.0, "GOOG", id="1")
    portfolio.buy(kept, 300.0)
    flatten(portfolio)
    begin(portfolio, 100.0, "IBM", id="2")
    assert portfolio.sell(kept) == 0.0
    with pytest.raises(ValueError, match=r"2 of GOOG: 0\.0 are held that no pending order sells"):
        portfolio.sell(kept, 2)
    assert portfolio.sell(begin(portfolio, 100.0, "GOOG", id="3")) == 0.0
    assert [fill.quantity for fill in portfolio.fills] == [3.0]


def test_a_sale_that_its_costs_prevent_is_a_rejection_and_a_flatten_asks_again() -> None:
    portfolio = Portfolio(1000, venue=PaperVenue(costs=Costs(per_order=50.0)))
    portfolio.buy(begin(portfolio, 100.0), 950.0)
    begin(portfolio, 1.0)
    assert flatten(portfolio) == ["GOOG 9.5"]
    begin(portfolio, 1.0)
    (rejection,) = portfolio.rejections
    assert (rejection.side, rejection.code) == ("sell", "unfilled")
    assert rejection.reason == "at 1 it brings less than its costs, and no cash is left for them"
    assert portfolio.quantity("GOOG") == 9.5
    assert flatten(portfolio, "f2") == ["GOOG 9.5"]
    begin(portfolio, 100.0)
    assert portfolio.positions == {}


def test_a_sale_that_rounding_has_left_nothing_stops_no_quote() -> None:
    portfolio = Portfolio(1000)
    hold(portfolio, 1e-10, 1e-8, 100.0)
    flatten(portfolio)
    resume(portfolio)
    kept = quote(100.0, id="1")
    begin(portfolio, 100.0, "IBM", id="2")
    portfolio.buy(kept, 1000.0)
    assert portfolio.sell(kept) == 10.0
    begin(portfolio, 100.0, "GOOG", id="3")
    (rejection,) = portfolio.rejections
    assert (rejection.code, rejection.reason) == ("unfilled", "none are held")
    assert (portfolio.positions, portfolio.pending) == ({}, ())


def test_a_position_can_be_built_again_while_sales_of_a_flatten_wait() -> None:
    portfolio = Portfolio(1000)
    kept = begin(portfolio, 100.0, id="1")
    portfolio.buy(kept, 300.0)
    flatten(portfolio)
    resume(portfolio)
    begin(portfolio, 100.0, "IBM", id="2")
    portfolio.buy(kept, 200.0)
    begin(portfolio, 100.0, id="3")
    assert portfolio.quantity("GOOG") == 2.0


# undo


def test_undo_takes_a_command_back() -> None:
    portfolio = holding(lambda: Portfolio(1000, venue=PaperVenue(fill="next")))
    portfolio.buy(begin(portfolio, id="3"), 100.0)
    state = copy.deepcopy(portfolio.save())
    flatten(portfolio)
    assert portfolio.save() != state
    portfolio.undo()
    assert portfolio.save() == state
    assert (portfolio.orders, portfolio.rejections, portfolio.halt) == ([], [], None)
    halt(portfolio)
    state = copy.deepcopy(portfolio.save())
    assert resume(portfolio)
    portfolio.undo()
    assert portfolio.save() == state


def test_undo_takes_a_reset_back() -> None:
    portfolio = lost(MaxDrawdown(0.1))
    state = copy.deepcopy(portfolio.save())
    command(portfolio)
    assert portfolio.reset()
    portfolio.undo()
    assert portfolio.save() == state


# data


def data_of(portfolio: Portfolio, sid: str = "GOOG") -> dict[str, Any]:
    portfolio.begin_other("algo", "indicators/sma", "d1")
    return {"sid": sid, "values": {"sma": 99.0}, "id": "d1", "channel": "indicators/sma"}


@pytest.mark.parametrize("fill", ["quote", "next"])
def test_orders_at_data_wait_for_their_instruments_next_quote(fill: Any) -> None:
    portfolio = Portfolio(1000, venue=PaperVenue(fill=fill))
    begin(portfolio, 100.0, id="1")
    assert portfolio.buy(data_of(portfolio), 300.0) == 300.0
    (placed,) = portfolio.orders
    assert (placed.id, placed.quote_id) == ("algo:indicators/sma:d1:0", "d1")
    assert (placed.price, placed.quantity) == (100.0, 3.0)
    assert (portfolio.fills, portfolio.cash) == ([], 1000.0)
    begin(portfolio, 50.0, "IBM", id="2")
    assert portfolio.fills == []
    begin(portfolio, 50.0, id="3")
    (filled,) = portfolio.fills
    assert (filled.id, filled.price, filled.quantity) == ("algo:quotes:3:0", 50.0, 3.0)


def test_data_changes_no_price_whatever_quote_its_orders_are_placed_at() -> None:
    portfolio = Portfolio(1000)
    kept = begin(portfolio, 100.0, id="1")
    portfolio.buy(kept, 500.0)
    begin(portfolio, 120.0, id="2")
    equity = portfolio.equity
    data_of(portfolio)
    assert portfolio.sell(kept, 1.0) == 1.0
    portfolio.order_target_value(kept, 120.0)
    assert [(order.quantity, order.price, order.quote_id) for order in portfolio.orders] == [
        (1.0, 120.0, "1"),
        (3.0, 120.0, "1"),
    ]
    assert (portfolio.prices, portfolio.equity) == ({"GOOG": 120.0}, equity)


def test_an_order_at_data_of_an_instrument_without_a_quote_is_refused() -> None:
    portfolio, account = Portfolio(1000), OrderAccount(1000)
    with pytest.raises(ValueError, match="an order of GOOG has no price: no trusted quote of it"):
        portfolio.buy(data_of(portfolio), 300.0)
    with pytest.raises(ValueError, match="an order of GOOG has no price: no trusted quote of it"):
        account.take(data_of(account), [order("buy", 3.0)])


def test_an_order_that_is_returned_at_data_waits() -> None:
    account = OrderAccount(1000)
    begin(account, 50.0, id="1")
    account.take(data_of(account), [order("buy", 3.0, price=50.0)])
    assert waiting(account) == ["buy GOOG 3"]
    begin(account, 60.0, id="2")
    assert account.quantity("GOOG") == 3.0


def test_undo_takes_the_orders_at_data_back() -> None:
    portfolio = Portfolio.from_params({"seed": 1})
    begin(portfolio, 100.0, id="1")
    state = copy.deepcopy(portfolio.save())
    assert portfolio.optimize(data_of(portfolio))
    portfolio.undo()
    assert portfolio.save() == state
    begin(portfolio, 100.0, id="2")
    assert portfolio.fills == []


def test_a_quote_after_data_is_one_that_orders_fill_at() -> None:
    portfolio = Portfolio(1000)
    begin(portfolio, 100.0, id="1")
    data_of(portfolio)
    portfolio.buy(begin(portfolio, 100.0, id="2"), 300.0)
    assert [fill.id for fill in portfolio.fills] == ["algo:quotes:2:0"]


def test_a_quote_that_is_not_trusted_is_no_doubt_about_an_order_at_data() -> None:
    portfolio = Portfolio(1000, limits=[PriceBand(0.5)])
    begin(portfolio, 100.0, id="1")
    begin(portfolio, 1.0, id="2")
    assert portfolio.buy(data_of(portfolio), 300.0) == 300.0
    assert told(portfolio) == ["buy 3"]
    begin(portfolio, 101.0, id="3")  # as far from the quote that was not trusted
    begin(portfolio, 101.0, id="4")
    assert portfolio.quantity("GOOG") == 3.0

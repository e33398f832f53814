"""At which price an order fills: the ask or the bid, the open of a bar, or the quote."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest

from algo_service.journal.codec import decode, encode
from portfolio import AllIn, Costs, MaxPosition, OrderAccount, PaperVenue, Portfolio
from portfolio.accounting.orders import placed
from tests.portfolio.quotes import begin, quote, told

BOOK = {"bid": 99.0, "ask": 101.0}
BAR = {"open": 98.0, "high": 103.0, "low": 97.0, "close": 100.0}


def test_a_buy_is_at_the_ask_a_sale_at_the_bid_and_a_position_is_worth_the_quote() -> None:
    portfolio = Portfolio(1010, AllIn())
    data = begin(portfolio, 100.0, **BOOK)
    assert portfolio.optimize(data) == 1010.0
    (order,), (fill,) = portfolio.orders, portfolio.fills
    assert (order.price, order.quantity, order.amount) == (101.0, 10.0, 1010.0)
    assert (fill.price, fill.quantity, fill.amount) == (101.0, 10.0, 1010.0)
    assert (portfolio.cash, portfolio.equity, portfolio.unrealised) == (0.0, 1000.0, -10.0)
    portfolio.sell(begin(portfolio, 100.0, **BOOK), 4)
    (order,), (fill,) = portfolio.orders, portfolio.fills
    assert (order.price, order.amount, fill.price, fill.amount) == (99.0, 396.0, 99.0, 396.0)
    assert portfolio.prices == {"GOOG": 100.0}


def test_price_last_fills_at_the_quote_whatever_the_bid_and_ask() -> None:
    portfolio = Portfolio.from_params({"cash": 1000, "sizing": "all_in", "price": "last"})
    portfolio.optimize(begin(portfolio, 100.0, bid=0, ask="x"))
    assert portfolio.fills[0].price == 100.0
    waiting = Portfolio.from_params({"cash": 1000, "price": "last", "fill": "next"})
    waiting.buy(begin(waiting, 100.0, **BAR), 100)
    begin(waiting, 100.0, **BAR, **BOOK)
    assert waiting.fills[0].price == 100.0


@pytest.mark.parametrize("units", ["fractional", "whole"])
@pytest.mark.parametrize(
    "costs", [Costs(), Costs(0.01, slippage=0.1), Costs(per_order=5.0, slippage=0.003)]
)
@pytest.mark.parametrize("ask", [100.1, 101.0, 333.3, 999.99])
def test_a_buy_of_all_cash_at_the_ask_never_costs_more_than_the_cash(
    units: Any, costs: Costs, ask: float
) -> None:
    portfolio = Portfolio(1000, AllIn(), PaperVenue(units, costs=costs))
    portfolio.optimize(begin(portfolio, 100.0, ask=ask))
    assert portfolio.cash >= 0
    if portfolio.fills:
        (fill,) = portfolio.fills
        assert fill.amount + fill.fee <= 1000
        assert fill.price == ask * (1 + costs.slippage)
    else:  # one unit costs more than the cash
        assert [each.code for each in portfolio.rejections] == ["below_one_unit"]


@pytest.mark.parametrize(
    ("sides", "buys_at", "sells_at"),
    [
        ({"ask": 101.0}, 101.0, 100.0),
        ({"bid": 99.0}, 100.0, 99.0),
        ({"bid": 103.0}, 103.0, 103.0),  # nobody buys below the bid
        ({"ask": 97.0}, 97.0, 97.0),  # nor sells above the ask
        ({"bid": None, "ask": None}, 100.0, 100.0),
        ({"bid": 100.5, "ask": 100.5}, 100.5, 100.5),
        ({"bid": "99.5", "ask": "100.50"}, 100.5, 99.5),  # as exchanges send them
        ({"bid": Decimal("99.5"), "ask": 102}, 102.0, 99.5),
    ],
)
def test_the_side_that_a_quote_does_not_have_is_its_price_or_the_other_side(
    sides: dict[str, Any], buys_at: float, sells_at: float
) -> None:
    portfolio = Portfolio(1000)
    data = begin(portfolio, 100.0, **sides)
    portfolio.buy(data, 500)
    portfolio.sell(data)
    assert [fill.price for fill in portfolio.fills] == [buys_at, sells_at]
    assert all(type(order.price) is float for order in portfolio.orders)


BAD = [
    ({"bid": 101.0, "ask": 99.0}, "the bid of 101 is above the ask of 99"),
    ({"bid": 0, "ask": 101.0}, "the bid is 0, and a price is a number above 0 and at most 1e9"),
    ({"ask": -1}, "the ask is -1, and a price is"),
    ({"ask": math.nan}, "the ask is nan, and"),
    ({"bid": 1e10}, "the bid is 10000000000.0, and"),
    ({"bid": "n/a"}, "the bid is 'n/a', and"),
    ({"ask": " 101"}, "the ask is ' 101', and"),
    ({"ask": True}, "the ask is True, and"),
    ({"bid": [[99.0, 5]]}, "the bid is [[99.0, 5]], and"),
]


@pytest.mark.parametrize(("sides", "reason"), BAD)
def test_at_a_bid_and_ask_that_make_no_sense_orders_are_refused_with_the_reason(
    sides: dict[str, Any], reason: str
) -> None:
    portfolio = Portfolio(1000)
    portfolio.buy(begin(portfolio, 100.0, **BOOK), 505)
    data = begin(portfolio, 110.0, **sides)
    assert portfolio.buy(data, 300) == portfolio.sell(data, 2) == 0.0
    portfolio.order_target_value(data, 0)
    assert portfolio.fills == []
    assert [line.split(":")[0] for line in told(portfolio)] == [
        "buy 0 of 300", "sell 0 of 220", "sell 0 of 550",
    ]  # fmt: skip
    for order in portfolio.orders:
        assert order.reason
        assert order.reason.startswith(f"price: {reason}")
        assert order.reason.endswith("; with price=last orders fill at the quote")
    assert portfolio.equity == 495 + 550  # it is valued at the quote


@pytest.mark.parametrize(("sides", "reason"), BAD)
def test_a_pending_order_waits_for_a_quote_whose_bid_and_ask_make_sense(
    sides: dict[str, Any], reason: str
) -> None:
    portfolio = Portfolio(1000, venue=PaperVenue(fill="next"))
    portfolio.buy(begin(portfolio, 100.0), 500)
    begin(portfolio, 100.0, **sides)
    assert (portfolio.fills, portfolio.rejections) == ([], [])
    assert len(portfolio.pending) == 1
    begin(portfolio, 100.0, **BOOK)
    assert [fill.price for fill in portfolio.fills] == [101.0]
    assert portfolio.pending == ()


def test_a_returned_order_is_published_as_it_is_and_fills_at_the_ask() -> None:
    account = OrderAccount(1000)
    for number, sides in enumerate([BAD[0][0], BOOK]):
        data = begin(account, 100.0, **sides)
        order = placed(f"algo:quotes:{number}", 0, "algo", data, "GOOG", "buy", 2.0, 100.0, 200.0)
        account.take(data, [order])
        assert account.orders == [order]
    # the first has waited for a bid and an ask that make sense
    assert [fill.price for fill in account.fills] == [101.0, 101.0]
    assert (account.cash, account.pending) == (1000 - 404, ())


def test_a_limit_of_size_counts_the_cash_at_the_ask() -> None:
    portfolio = Portfolio(1000, limits=[MaxPosition(202)])
    portfolio.buy(begin(portfolio, 100.0, **BOOK), 500)
    assert (portfolio.orders[0].amount, portfolio.orders[0].quantity) == (202.0, 2.0)


def test_an_order_at_data_is_placed_at_the_last_quote_and_fills_at_the_next_ask() -> None:
    portfolio = Portfolio(1000)
    begin(portfolio, 100.0, **BOOK)
    portfolio.begin_other("algo", "data/x", "1")
    portfolio.buy({"sid": "GOOG", "bid": 5, "ask": 1}, 500)  # type: ignore[typeddict-item]
    assert portfolio.orders[0].price == 100.0
    begin(portfolio, 100.0, bid=101.0, ask=102.0)
    assert portfolio.fills[0].price == 102.0


def bar(portfolio: Portfolio, name: str, price: float = 100.0, **fields: Any) -> dict[str, Any]:
    return begin(portfolio, price, **{**BAR, "id": name, **fields})


def test_with_fill_next_an_order_of_a_bar_fills_at_the_next_bars_open() -> None:
    portfolio = Portfolio(1000, venue=PaperVenue(fill="next"))
    portfolio.buy(bar(portfolio, "1"), 500)
    assert portfolio.orders[0].price == 100.0
    bar(portfolio, "2")
    assert [(fill.price, fill.quantity) for fill in portfolio.fills] == [(98.0, 5.0)]
    assert portfolio.prices["GOOG"] == 100.0


@pytest.mark.parametrize(
    ("fields", "price"),
    [
        ({"open": None}, 100.0),
        ({"high": None}, 100.0),  # the open alone may be that of the day
        ({"open": 0}, 100.0),  # as old histories have it
        ({"open": 96.0}, 100.0),  # below the low
        ({"close": 200.0}, 100.0),  # unadjusted, and the quote is not
        ({"close": None}, 98.0),
        ({"open": "98.0", "low": 90}, 98.0),
        ({"channel": "hours"}, 100.0),  # it may have begun before the order
        ({"bid": 99.0, "ask": 101.0}, 101.0),
    ],
)
def test_a_bar_that_contradicts_itself_fills_at_its_quote(
    fields: dict[str, Any], price: float
) -> None:
    portfolio = Portfolio(1000, venue=PaperVenue(fill="next"))
    portfolio.buy(bar(portfolio, "1"), 500)
    bar(portfolio, "2", **fields)
    assert [fill.price for fill in portfolio.fills] == [price]


def test_an_order_that_was_not_placed_at_its_own_bar_does_not_fill_at_an_open_of_the_past() -> None:
    portfolio = Portfolio(1000, venue=PaperVenue(fill="next"))
    kept = bar(portfolio, "1")
    bar(portfolio, "2", sid="IBM")
    portfolio.buy(kept, 100)  # decided at another bar's end
    portfolio.begin_other("algo", "data/x", "3")
    portfolio.buy({"sid": "GOOG"}, 100)  # type: ignore[typeddict-item]
    portfolio.begin("algo", {**quote(100.0), "id": "4", "sid": "AAPL"})
    bar(portfolio, "5")
    assert [fill.price for fill in portfolio.fills] == [100.0, 100.0]


def test_which_orders_fill_at_an_open_is_saved_and_undone_and_cancelled() -> None:
    portfolio = Portfolio(1000, venue=PaperVenue(fill="next"))
    portfolio.buy(bar(portfolio, "1"), 500)
    before = portfolio.save()
    bar(portfolio, "2")
    portfolio.undo()
    assert portfolio.save() == before
    other = Portfolio(1000, venue=PaperVenue(fill="next"))
    other.load(decode(encode(before)))
    assert other.save() == before
    bar(other, "2")
    assert other.fills[0].price == 98.0
    portfolio.halt_buying("news", None, "h1")
    assert portfolio.save()["opening"] == []


def test_a_state_of_a_version_that_knew_no_bid_and_ask_goes_on_without_them() -> None:
    before = {key: value for key, value in Portfolio(1000).save().items() if key != "opening"}
    portfolio = Portfolio(1000, AllIn())
    portfolio.load(before)
    portfolio.optimize(begin(portfolio, 100.0, bid=200.0, ask=5))
    assert portfolio.fills[0].price == 100.0
    after = portfolio.save()
    assert "opening" not in after
    again = Portfolio(1000)
    again.load(after)
    again.sell(begin(again, 100.0, **BOOK))
    assert again.fills[0].price == 100.0

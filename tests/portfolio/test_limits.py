"""Limits refuse or cut orders, and say why in the order's record."""

import logging
from collections.abc import Callable
from typing import Any

import pytest

from algo_service.journal.codec import decode, encode
from portfolio import MissingTimeError, Portfolio
from tests.portfolio.quotes import begin, hold, quote, told

DAY = 86_400_000
"""In milliseconds."""
NOON = 1_362_139_200_000
"""2013-03-01T12:00Z, in milliseconds."""

Act = Callable[[Portfolio, dict[str, Any]], Any]


def buy(amount: float) -> Act:
    return lambda portfolio, data: portfolio.buy(data, amount)


def sell(quantity: float | None = None) -> Act:
    return lambda portfolio, data: portfolio.sell(data, quantity)


def target(value: float) -> Act:
    return lambda portfolio, data: portfolio.order_target_value(data, value)


def watch(portfolio: Portfolio, data: dict[str, Any]) -> None:
    """Place nothing."""


def made(cash: float = 10_000, **params: Any) -> Portfolio:
    return Portfolio.from_params({"starting_cash": cash, **params})


def run(portfolio: Portfolio, *steps: tuple[float, Act] | tuple[float, Any, Act]) -> list[str]:
    """Play quotes of a price, and a time where there are three; return what the orders say."""
    said = []
    for price, *ts, act in steps:
        data = begin(portfolio, price, **({"ts": ts[0]} if ts else {}))
        act(portfolio, data)
        said += told(portfolio)
    return said


# Limits of size


@pytest.mark.parametrize(
    ("params", "amount", "said"),
    [
        ({}, 300.0, "buy 3"),
        ({}, 200.0, "buy 2"),
        ({"max_order": 200}, 200.0, "buy 2"),
        ({"max_order": 200}, 300.0, "buy 2 of 300: max_order: 300.00 is above 200.00"),
        ({"max_order": 0}, 300.0, "buy 0 of 300: max_order: 300.00 is above 0.00"),
        ({"max_order": 0.009}, 300.0, "buy 0 of 300: max_order: 300.00 is above 0.009"),
        (
            {"max_order": 250, "units": "whole"},
            300.0,
            "buy 2 of 300: max_order: 300.00 is above 250.00",
        ),
        (
            {"max_order": 99, "units": "whole"},
            300.0,
            "buy 0 of 300: max_order: 300.00 is above 99.00",
        ),
        # what is asked for is what the cash pays: 10,000
        (
            {"max_order": 9_000},
            20_000.0,
            "buy 90 of 10000: max_order: 10000.00 is above 9000.00",
        ),
        (
            {"max_position": 200},
            300.0,
            "buy 2 of 300: max_position: 0.00 of GOOG and 300.00 more is above 200.00",
        ),
        ({"max_position": 300}, 300.0, "buy 3"),
        # of two, the one that leaves less; both say why
        (
            {"max_order": 250, "max_position": 100},
            300.0,
            "buy 1 of 300: max_order: 300.00 is above 250.00; max_position: 0.00 of GOOG"
            " and 300.00 more is above 100.00",
        ),
        (
            {"max_order": 100, "max_position": 250},
            300.0,
            "buy 1 of 300: max_order: 300.00 is above 100.00; max_position: 0.00 of GOOG"
            " and 300.00 more is above 250.00",
        ),
        (
            {"max_order": 250, "max_position": 1000},
            300.0,
            "buy 2.5 of 300: max_order: 300.00 is above 250.00",
        ),
    ],
)
def test_a_limit_of_size_cuts_a_buy_and_says_why(
    params: dict[str, Any], amount: float, said: str
) -> None:
    assert run(made(**params), (100.0, buy(amount))) == [said]


def test_a_cut_order_has_the_amount_asked_for_and_the_reason_in_its_record() -> None:
    portfolio = made(max_order=200)
    assert portfolio.buy(begin(portfolio), 300.0) == 200.0
    (order,) = portfolio.orders
    assert (order.quantity, order.amount, order.asked) == (2.0, 200.0, 300.0)
    assert order.reason == "max_order: 300.00 is above 200.00"
    assert len(portfolio.fills) == 1


def test_a_refused_order_has_no_quantity_and_no_fill() -> None:
    portfolio = made(max_order=0)
    assert portfolio.buy(begin(portfolio), 300.0) == 0.0
    (order,) = portfolio.orders
    assert (order.quantity, order.amount, order.asked) == (0.0, 0.0, 300.0)
    assert (portfolio.fills, portfolio.cash) == ([], 10_000.0)


def test_the_max_position_is_measured_at_the_quote() -> None:
    assert run(
        made(max_position=1000),
        (100.0, buy(400.0)),
        # 4 are worth 600 now
        (150.0, buy(600.0)),
        (200.0, buy(600.0)),
        (100.0, buy(600.0)),
    ) == [
        "buy 4",
        "buy 2.66667 of 600: max_position: 600.00 of GOOG and 600.00 more is above 1000.00",
        "buy 0 of 600: max_position: 1333.33 of GOOG and 600.00 more is above 1000.00",
        "buy 3.33333 of 600: max_position: 666.67 of GOOG and 600.00 more is above 1000.00",
    ]


def test_the_max_position_counts_buys_that_wait() -> None:
    portfolio = made(max_position=500, fill="next")
    data = begin(portfolio)
    assert [portfolio.buy(data, 400.0), portfolio.buy(data, 400.0)] == [400.0, 100.0]


def test_the_max_position_is_of_one_instrument() -> None:
    portfolio = made(max_position=500)
    assert portfolio.buy(begin(portfolio, 100.0, "GOOG"), 500.0) == 500.0
    assert portfolio.buy(begin(portfolio, 100.0, "AAPL"), 500.0) == 500.0


def test_a_position_is_valued_at_the_quote_of_any_order() -> None:
    """A position is valued at the quote that an order for another instrument brings."""
    portfolio = made(max_position=1000)
    portfolio.buy(begin(portfolio, 1.0, "IBM"), 500.0)
    begin(portfolio, 100.0)
    # 500 units are worth 2000 at 4
    assert portfolio.buy(quote(4.0, "IBM"), 500.0) == 0.0
    assert told(portfolio) == [
        "buy 0 of 500: max_position: 2000.00 of IBM and 500.00 more is above 1000.00"
    ]


def test_a_quote_of_any_order_that_is_not_trusted_values_nothing() -> None:
    portfolio = made(price_band=0.5)
    portfolio.buy(begin(portfolio, 100.0, "IBM"), 500.0)
    begin(portfolio, 100.0)
    assert portfolio.sell(quote(1.0, "IBM")) == 0.0
    assert told(portfolio) == [
        "sell 0 of 5: price_band: 1 is 99.00% away from the last quote, 100, and 50.00% is the"
        " limit"
    ]
    assert (portfolio.prices["IBM"], portfolio.equity) == (100.0, 10_000.0)


def test_limits_of_size_do_not_keep_anyone_from_selling() -> None:
    portfolio = made(max_order=500)
    assert run(portfolio, (100.0, buy(500.0)), (300.0, sell())) == ["buy 5", "sell 5"]


def test_a_cut_leaves_what_is_paid_with_the_costs() -> None:
    # 200 at the quote, 220 with slippage, 22 of commission
    portfolio = made(max_order=200, slippage=0.1, commission=0.1)
    assert run(portfolio, (100.0, buy(300.0))) == [
        "buy 2 of 300: max_order: 300.00 is above 200.00"
    ]
    assert portfolio.cash == pytest.approx(10_000 - 220 - 22, rel=1e-12)


def test_order_target_value_is_cut_like_any_buy() -> None:
    assert run(made(max_order=200), (100.0, target(300.0))) == [
        "buy 2 of 300: max_order: 300.00 is above 200.00"
    ]


# Limits that doubt the quote


@pytest.mark.parametrize(
    ("band", "prices", "trusted"),
    [
        (0.1, [100.0, 110.0, 121.0], [True, True, True]),
        (0.1, [100.0, 110.01], [True, False]),
        (0.1, [100.0, 90.0], [True, True]),
        (0.1, [100.0, 89.99], [True, False]),
        # a bad tick is as far from the quote after it
        (0.1, [100.0, 1000.0, 100.0, 101.0], [True, False, False, True]),
        (0.1, [100.0, 1.0, 100.0, 101.0], [True, False, False, True]),
        # a new level is believed when it is told twice
        (0.1, [100.0, 200.0, 200.0], [True, False, True]),
        (0, [100.0, 100.0, 100.01], [True, True, False]),
        (2, [100.0, 300.0, 1.0], [True, True, True]),
    ],
)
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_no_order_is_placed_at_a_price_too_far_from_the_last_one(
    band: float, prices: list[float], trusted: list[bool], side: str
) -> None:
    portfolio = made(price_band=band)
    hold(portfolio, 50.0, 500.0, prices[0])
    act = buy(10.0) if side == "buy" else sell(1.0)
    placed = []
    for price in prices:
        act(portfolio, begin(portfolio, price))
        (order,) = portfolio.orders
        assert order.side == side
        assert (order.reason or "").startswith("price_band: ") == (order.quantity == 0)
        placed.append(order.quantity > 0)
    assert placed == trusted


def test_the_first_quote_of_an_instrument_is_far_from_nothing() -> None:
    assert run(made(price_band=0), (100.0, buy(100.0))) == ["buy 1"]


def test_a_refusal_by_the_price_band_tells_how_far_the_price_is_away() -> None:
    portfolio = made(price_band=0.1)
    assert run(portfolio, (100.0, buy(500.0)), (150.0, buy(300.0)), (75.0, sell())) == [
        "buy 5",
        "buy 0 of 300: price_band: 150 is 50.00% away from the last quote, 100, and 10.00% is the"
        " limit",
        "sell 0 of 375: price_band: 75 is 50.00% away from the last quote, 150, and 10.00% is the"
        " limit",
    ]


def test_the_price_band_of_one_instrument_does_not_look_at_others() -> None:
    portfolio = made(price_band=0.1)
    assert portfolio.buy(begin(portfolio, 100.0, "GOOG"), 100.0) == 100.0
    assert portfolio.buy(begin(portfolio, 5.0, "AAPL"), 100.0) == 100.0
    assert portfolio.buy(begin(portfolio, 101.0, "GOOG"), 100.0) == 100.0


def test_every_order_at_a_distrusted_quote_is_refused() -> None:
    portfolio = made(price_band=0.1)
    begin(portfolio, 100.0)
    data = begin(portfolio, 150.0)
    assert [portfolio.buy(data, 100.0), portfolio.buy(data, 100.0)] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("times", "trusted"),  # with stale_after=60
    [
        ([NOON, NOON + 60_000, NOON + 120_000], [True, True, True]),
        ([NOON, NOON, NOON], [True, True, True]),
        ([NOON, NOON - 60_000], [True, True]),
        ([NOON, NOON - 60_001], [True, False]),
        # in seconds, microseconds, and digits
        ([NOON // 1000, NOON // 1000 - 60, NOON // 1000 - 61], [True, True, False]),
        ([NOON * 1000, NOON * 1000 - 60_000_000, NOON * 1000 - 60_000_001], [True, True, False]),
        ([NOON, 201303011159, 201303011158, 20130301115900], [True, True, False, True]),
        # to the nanosecond, which a double of seconds does not hold
        (["2013-03-01T12:00:00.000000001Z", "2013-03-01T11:59:00.000000001"], [True, True]),
        (["2013-03-01T12:00:00.000000001Z", "2013-03-01T11:59:00"], [True, False]),
        # the newest is not made older by a late one
        ([NOON, NOON - 100_000, NOON - 61_000, NOON - 60_000], [True, False, False, True]),
        # 1970 and before
        (["1970-01-01", "1969-12-31T23:58:59Z"], [True, False]),
        (["1969-12-31T23:58", "1969-12-31T23:59", "1970-01-01"], [True, True, True]),
        (["2013-03-01T12:00:00Z", "2013-03-01T11:58:59Z"], [True, False]),
        (["2013-03-01T12:00:00Z", "2013-03-01T13:59:00+02:00"], [True, True]),
        (["2013-03-01T12:00:00Z", "2013-03-01T12:00:00+02:00"], [True, False]),
        (["2013-03-02", "2013-03-01"], [True, False]),
        (["2013-03-01T12:00:00Z", NOON - 60_000], [True, True]),
        (["2013-03-01T12:00:00Z", NOON - 60_001], [True, False]),
    ],
)
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_no_order_is_placed_at_a_quote_older_than_the_limit(
    times: list[Any], trusted: list[bool], side: str
) -> None:
    """No order is placed at a quote older than the newest by more than the limit."""
    portfolio = made(stale_after=60)
    hold(portfolio, 50.0, 500.0, 100.0)
    act = buy(10.0) if side == "buy" else sell(1.0)
    placed = []
    for ts in times:
        act(portfolio, begin(portfolio, 100.0, ts=ts))
        (order,) = portfolio.orders
        assert (order.reason or "").startswith("stale_after: ") == (order.quantity == 0)
        placed.append(order.quantity > 0)
    assert placed == trusted


def test_a_refusal_of_a_stale_quote_tells_its_age() -> None:
    assert run(made(stale_after=60), (100.0, NOON, watch), (100.0, NOON - 90_500, buy(300.0))) == [
        "buy 0 of 300: stale_after: 90.5 s older than the newest quote, and 60 s is the limit"
    ]


def test_a_refusal_in_a_small_account_tells_amounts_that_differ() -> None:
    portfolio = made(0.05, max_order=0.00123)
    assert run(portfolio, (0.051, buy(0.00345))) == [
        "buy 0.0241176 of 0.00345: max_order: 0.00345 is above 0.00123"
    ]


@pytest.mark.parametrize(("newest", "trusted"), [(1362139200.123, True), (1362139200.124, False)])
def test_the_newest_time_of_a_journal_of_before_is_in_seconds(newest: float, trusted: bool) -> None:
    portfolio = made(stale_after=60)
    portfolio.load({**portfolio.save(), "limits": (newest,)})
    data = begin(portfolio, 100.0, ts="2013-03-01T11:59:00.123Z")
    assert (portfolio.buy(data, 100.0) > 0) == trusted


def test_a_quote_is_stale_by_the_newest_of_any_instrument() -> None:
    portfolio = made(stale_after=60)
    begin(portfolio, 100.0, "GOOG", ts=NOON)
    assert portfolio.buy(begin(portfolio, 100.0, "AAPL", ts=NOON - 61_000), 100.0) == 0.0


@pytest.mark.parametrize(
    ("params", "doubtful", "good"),
    [
        ({"price_band": 0.1}, {"price": 50.0}, {"price": 50.0}),
        ({"stale_after": 60}, {"ts": NOON - 61_000}, {"ts": NOON}),
    ],
)
def test_waiting_orders_are_filled_at_the_next_trusted_quote(
    params: dict[str, Any], doubtful: dict[str, Any], good: dict[str, Any]
) -> None:
    """Orders that wait are not filled at a distrusted quote but at the next good one."""
    portfolio = made(fill="next", **params)
    hold(portfolio, 5.0, 500.0, 100.0)
    data = begin(portfolio, 100.0, ts=NOON, id="1")
    portfolio.buy(data, 300.0)
    portfolio.sell(data, 4.0)
    begin(portfolio, **{"price": 100.0, "ts": NOON, "id": "2", **doubtful})
    assert portfolio.fills == []
    begin(portfolio, **{"price": 100.0, "ts": NOON, "id": "3", **good})
    assert [(fill.order_id, fill.quote_id, fill.quantity) for fill in portfolio.fills] == [
        ("algo:quotes:1:0", "3", 3.0),
        ("algo:quotes:1:1", "3", 4.0),
    ]


# Limits of loss


HALF_A_DAY_LATER = NOON + DAY // 2
"""The next day's midnight."""


@pytest.mark.parametrize(
    ("times", "halted"),  # at 100, 90, 100, 100: the second loses 10% of an all in position
    [
        ([NOON, NOON + 1, NOON + 2, NOON + 3], [False, True, True, True]),
        ([NOON, NOON, NOON, HALF_A_DAY_LATER - 1], [False, True, True, True]),
        ([NOON, NOON, NOON, HALF_A_DAY_LATER], [False, True, True, False]),
        ([NOON, NOON, HALF_A_DAY_LATER, NOON], [False, True, False, False]),
        # late quotes of a day that is over belong to the present one
        ([NOON, NOON, NOON - DAY, NOON], [False, True, True, True]),
        ([NOON, NOON - DAY, NOON, NOON], [False, True, True, True]),
        # the loss of a night is the new day's: its equity before the first quote is the opening
        ([NOON, NOON + DAY, NOON + DAY, NOON + DAY], [False, True, True, True]),
        (["2013-03-01", "2013-03-01", "2013-03-01", "2013-03-02"], [False, True, True, False]),
        (
            # 2013-03-02T01:00+02:00 is 23:00 of the day before in UTC
            [
                "2013-03-01T23:00:00Z",
                "2013-03-02T01:00:00+02:00",
                "2013-03-02T01:59:59+02:00",
                "2013-03-02T02:00:00+02:00",
            ],
            [False, True, True, False],
        ),
        # without an offset it is UTC
        (
            [
                "2013-03-01T23:00:00",
                "2013-03-01T23:30:00",
                "2013-03-01T23:59:59.999999",
                NOON + DAY,
            ],
            [False, True, True, False],
        ),
        (["2013-03-01T23:00:00Z", NOON, NOON + 1, HALF_A_DAY_LATER], [False, True, True, False]),
        # before 1970, too
        (
            ["1969-12-31", "1969-12-31T23:59:59.999Z", "1969-12-31T12:00", "1970-01-01"],
            [False, True, True, False],
        ),
        # the last nanosecond of a day, which a double of seconds takes for the next one
        (
            [NOON, NOON, "2013-03-01T23:59:59.999999999Z", "2013-03-02T00:00:00Z"],
            [False, True, True, False],
        ),
        ([20130301, 20130301, "2013-03-01T20:00:00-03:00", 20130302], [False, True, True, False]),
    ],
)
def test_a_daily_loss_stops_buying_until_the_next_day(times: list[Any], halted: list[bool]) -> None:
    portfolio = made(1000, max_daily_loss=0.1, sizing="all_in")
    seen = []
    for price, ts in zip([100.0, 90.0, 100.0, 100.0], times, strict=True):
        data = begin(portfolio, price, ts=ts)
        seen.append(portfolio.halt is not None)
        if not seen[:-1]:
            portfolio.optimize(data)
    assert seen == halted


def test_a_daily_loss_is_in_the_order_and_lets_positions_be_reduced(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A daily loss is seen in the orders record and lets positions be reduced."""
    caplog.set_level(logging.WARNING)
    portfolio = made(1000, max_daily_loss=0.1)
    why = (
        "max_daily_loss: the equity of 900.00 is 10.00% below 1000.00, that before the day's"
        " first quote, and 10.00% ends the day; until the next one only reducing orders"
    )
    assert run(
        portfolio,
        (100.0, "2013-03-01", buy(500.0)),
        (80.0, "2013-03-01", buy(300.0)),  # the equity is 500 + 400
        (200.0, "2013-03-01", buy(300.0)),  # a profit does not bring the day back
        (80.0, "2013-03-01", target(160.0)),
        (80.0, "2013-03-01", sell()),
        (80.0, "2013-03-02", buy(300.0)),
    ) == [
        "buy 5",
        f"buy 0 of 300: {why}",
        f"buy 0 of 300: {why}",
        "sell 3",
        "sell 2",
        "buy 3.75",
    ]
    assert caplog.messages == [why]


@pytest.mark.parametrize(
    ("price", "is_halted"), [(81.0, False), (80.01, False), (80.0, True), (79.0, True)]
)
@pytest.mark.parametrize("limit", ["max_daily_loss", "max_drawdown"])
def test_a_loss_of_exactly_the_limit_stops_buying(
    limit: str, price: float, is_halted: bool
) -> None:
    # 5 at 100, and 500 in cash: at 80 the equity is 900
    portfolio = made(1000, **{limit: 0.1})
    run(portfolio, (100.0, NOON, buy(500.0)), (price, NOON, watch))
    assert (portfolio.halt is not None) == is_halted


def test_a_drawdown_stops_buying_for_good_until_a_person_resets_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    portfolio = made(1000, max_drawdown=0.2)
    why = (
        "max_drawdown: the equity of 960.00 is 20.00% below its peak of 1200.00, and 20.00% is"
        " the limit; until a person resets it only reducing orders"
    )
    # all without ts: this limit needs no time
    assert run(
        portfolio,
        (100.0, buy(1000.0)),
        (120.0, watch),  # the peak
        (97.0, watch),
        (96.0, sell(5.0)),  # 10 * 96
        (200.0, buy(100.0)),
        (200.0, target(2000.0)),
    ) == ["buy 10", "sell 5", f"buy 0 of 100: {why}", f"buy 0 of 480: {why}"]
    assert portfolio.halt == why == portfolio.snapshot()["halt"]
    assert caplog.messages == [why]
    assert portfolio.reset() == why
    assert portfolio.halt is None
    # the peak is now 480 + 5 * 200; at 139 it is 479.5 + 5.0035461 * 139
    assert run(portfolio, (141.0, buy(0.5)), (139.0, buy(0.5))) == [
        "buy 0.0035461",
        "buy 0 of 0.5: max_drawdown: the equity of 1174.99 is 20.61% below its peak of"
        " 1480.00, and 20.00% is the limit; until a person resets it only reducing orders",
    ]


def test_a_drawdown_is_from_the_starting_cash_where_nothing_was_higher() -> None:
    portfolio = made(1000, max_drawdown=0.1, commission_per_order=100)
    # the commission alone: 900 is left of 1000
    run(portfolio, (100.0, buy(500.0)), (100.0, watch))
    assert (portfolio.halt or "").startswith("max_drawdown: the equity of 900.00 is 10.00%")


def test_a_reset_without_a_halt_says_that_there_was_none() -> None:
    assert made(max_drawdown=0.1).reset() is None
    assert made().reset() is None


def test_a_reset_lets_buying_go_on_within_the_day_and_measures_from_then() -> None:
    portfolio = made(1000, max_daily_loss=0.1)
    run(portfolio, (100.0, NOON, buy(1000.0)), (90.0, NOON, watch))
    assert (portfolio.reset() or "").startswith("max_daily_loss")
    # 10% of 900 are lost at 81
    run(portfolio, (81.1, NOON, watch))
    assert portfolio.halt is None
    run(portfolio, (81.0, NOON, watch))
    assert portfolio.halt is not None


def test_a_halt_outlives_save_and_load() -> None:
    params = {"max_daily_loss": 0.1, "max_drawdown": 0.05, "stale_after": 60}
    portfolio, resumed = made(1000, **params), made(1000, **params)
    run(portfolio, (100.0, NOON, buy(1000.0)), (90.0, NOON, watch))
    resumed.load(decode(encode(portfolio.save())))
    assert resumed.halt == portfolio.halt is not None
    assert run(resumed, (95.0, NOON, sell(1.0)), (95.0, NOON, buy(10.0)))[1].startswith("buy 0 of")


def test_a_halt_that_a_quote_caused_is_taken_back_with_it() -> None:
    portfolio = made(1000, max_drawdown=0.1)
    run(portfolio, (100.0, buy(1000.0)), (50.0, watch))
    assert portfolio.halt
    portfolio.undo()
    assert portfolio.halt is None


def test_a_halt_cancels_the_buys_that_wait_and_not_the_sales() -> None:
    portfolio = made(1000, max_drawdown=0.1, fill="next")
    hold(portfolio, 10.0, 1000.0, 100.0)
    data = begin(portfolio, 100.0)
    portfolio.buy(data, 100.0)
    portfolio.sell(data, 4.0)
    portfolio.buy(begin(portfolio, 5.0, "AAPL"), 100.0)
    begin(portfolio, 50.0)
    assert portfolio.halt
    assert [(fill.side, fill.quantity) for fill in portfolio.fills] == [("sell", 4.0)]
    begin(portfolio, 5.0, "AAPL")
    assert portfolio.fills == []
    assert portfolio.buying_power == portfolio.cash == 1000.0 + 4 * 50


@pytest.mark.parametrize("limits", [{"max_drawdown": 0.1}, {"max_daily_loss": 0.1}], ids=list)
@pytest.mark.parametrize("bad", [1.0, 100_000.0])
@pytest.mark.parametrize(
    "after",  # the instrument and the days of the quotes that follow the bad one
    [[("GOOG", 0)], [("AAPL", 0), ("GOOG", 0)], [("AAPL", 1), ("GOOG", 1)], [("GOOG", 1)]],
)
def test_a_bad_price_stops_nothing(
    limits: dict[str, Any], bad: float, after: list[tuple[str, int]]
) -> None:
    portfolio = made(1000, price_band=0.5, **limits)
    begin(portfolio, 20.0, "AAPL", ts=NOON)
    portfolio.buy(begin(portfolio, 100.0, ts=NOON), 900.0)
    begin(portfolio, bad, ts=NOON)
    for sid, days in [*after, ("GOOG", 1), ("AAPL", 1)]:
        begin(portfolio, 100.0 if sid == "GOOG" else 20.0, sid, ts=NOON + days * DAY)
        assert portfolio.halt is None


def test_a_real_loss_is_one_though_the_price_band_doubted_its_first_quote() -> None:
    portfolio = made(1000, price_band=0.1, max_drawdown=0.2)
    run(portfolio, (100.0, buy(1000.0)), (50.0, watch), (50.0, watch))
    assert (portfolio.halt or "").startswith("max_drawdown: the equity of 500.00 is 50.00%")


# Limits that need time


@pytest.mark.parametrize("limit", ["max_daily_loss", "stale_after"])
@pytest.mark.parametrize(
    ("ts", "found"),
    [
        (None, "it has no ts"),
        ("yesterday", '"ts" is "yesterday": a time is ISO 8601 text'),
        ("", '"ts" is "": a time is ISO 8601 text'),
        ("2013-02-30", '"ts" is "2013-02-30": there is no such day'),
        ([1], '"ts" is [1]: a time is a text or a number'),
        (float("nan"), '"ts" is nan: a time is a finite number'),
        (float("inf"), '"ts" is inf: a time is a finite number'),
        (0, '"ts" is 0: as a number a time is s, ms, us or ns since 1970'),
    ],
)
def test_a_quote_without_a_time_is_refused_by_the_limit_that_needs_it(
    limit: str, ts: Any, found: str
) -> None:
    portfolio = made(**{limit: 1})
    with pytest.raises(MissingTimeError) as refused:
        portfolio.begin("algo", quote(ts=ts))
    assert str(refused.value).startswith(
        f"{limit} reads the time of every quote, and this one of GOOG lacks one: {found}"
    )


def test_what_begins_without_a_time_is_as_it_was_before_after_undo() -> None:
    portfolio = made(stale_after=60, fill="next")
    portfolio.buy(begin(portfolio, ts=NOON), 100.0)
    before = encode(portfolio.save())
    with pytest.raises(MissingTimeError):
        portfolio.begin("algo", quote(50.0))
    portfolio.undo()
    assert encode(portfolio.save()) == before


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"max_order": 1000},
        {"max_position": 1000},
        {"max_drawdown": 0.1},
        {"price_band": 0.1},
    ],
)
def test_limits_that_need_no_time_take_quotes_without(params: dict[str, Any]) -> None:
    assert run(made(**params), (100.0, buy(100.0))) == ["buy 1"]


# Limits together


def test_a_distrusted_quote_gives_that_reason_alone() -> None:
    portfolio = made(price_band=0.1, max_order=10, stale_after=60)
    said = run(portfolio, (100.0, NOON, watch), (200.0, NOON - DAY, buy(100.0)))
    assert said == [
        "buy 0 of 100: price_band: 200 is 100.00% away from the last quote, 100, and 10.00% is the"
        " limit"
    ]


def test_each_limit_that_cuts_gives_its_reason() -> None:
    portfolio = made(500, max_order=50, max_position=100, max_daily_loss=0.1, max_drawdown=0.1)
    hold(portfolio, 5.0, 500.0, 100.0)
    (said,) = run(portfolio, (100.0, NOON, watch), (50.0, NOON, buy(200.0)))
    assert [reason.split(":")[0] for reason in said.split("buy 0 of 200: ")[1].split("; ")] == [
        "max_order",
        "max_position",
        "max_daily_loss",
        "until the next one only reducing orders",
        "max_drawdown",
        "until a person resets it only reducing orders",
    ]

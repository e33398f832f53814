"""`sma_cross` by hand-worked tables, and on real history against a computation of its own."""

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import settings as run
from hypothesis import strategies as st

import market_data
from algo_service.algorithms import SmaCross
from algo_service.testing import play
from indicators import Crossing
from tests.support.processes import ROOT


@pytest.mark.parametrize(
    ("params", "quotes", "orders"),  # of 1200 in cash
    [
        # means 8 and 9: -1; 12 and 10: +2; 9 and 10.5: -1.5
        (
            {"fast": 1, "slow": 2},
            [10, 8, 12, 9],
            ["", "", "buy 100 GOOG", "sell 100 GOOG"],
        ),
        # there are two values of the slow mean at the third quote, and none before
        ({"fast": 1, "slow": 2}, [8, 12, 10], ["", "", ""]),  # above, then below; nothing is held
        # of the last 2 and 3: 7 and 8: -1; 9 and 8.67: +0.33; 8 and 7.33: +0.67; 3.5 and 6.33
        (
            {"fast": 2, "slow": 3},
            [10, 8, 6, 12, 4, 3],
            ["", "", "", "buy 100 GOOG", "", "sell 100 GOOG"],
        ),
        # -1, 0, +0.5: it does not go from below to above in one step
        ({"fast": 1, "slow": 2}, [10, 8, 8, 9], ["", "", "", ""]),
        # +2, 0, -0.5 likewise: what is held is not sold
        (
            {"fast": 1, "slow": 2},
            [10, 8, 12, 12, 11],
            ["", "", "buy 100 GOOG", "", ""],
        ),
        # -0.25, then 0.8e-12 of the slow mean, which is zero; 1.2e-12 is not
        ({"fast": 1, "slow": 2}, [1.0, 0.5, 0.5 + 0.8e-12], ["", "", ""]),
        ({"fast": 1, "slow": 2}, [1.0, 0.5, 0.5 + 1.2e-12], ["", "", "buy 2400 GOOG"]),
        (
            {"fast": 1, "slow": 2, "sizing": "fixed_cash", "bet": 120},
            [("A", 10), ("B", 5), ("A", 8), ("B", 4), ("A", 12), ("B", 6), ("B", 5), ("A", 9)],
            ["", "", "", "", "buy 10 A", "buy 20 B", "sell 20 B", "sell 10 A"],
        ),
        # the quotes of one instrument do not cross those of another
        (
            {"fast": 1, "slow": 2},
            [("A", 10), ("B", 1), ("A", 9), ("B", 2), ("A", 8), ("B", 3)],
            ["", "", "", "", "", ""],
        ),
    ],
)
def test_sma_cross_buys_and_sells_where_the_means_cross(
    params: dict[str, Any], quotes: list[Any], orders: list[str]
) -> None:
    assert play(SmaCross, quotes, cash=1200, **params).orders == orders


# The second computation: decimal numbers, means over slices, whole shares. Nothing of it is
# shared with the code under test.


def crossings(closes: list[Decimal], fast: int, slow: int) -> list[str]:
    """Return for each quote whether the fast mean crosses the slow one: buy, sell, or neither."""
    found, before = [""] * min(slow - 1, len(closes)), None
    for end in range(slow, len(closes) + 1):
        last_fast, last_slow = closes[end - fast : end], closes[end - slow : end]
        now = round(sum(last_fast) / fast - sum(last_slow) / slow, 9)
        found.append("" if before is None else _crossing(before, now))
        before = now
    return found


def _crossing(before: Decimal, now: Decimal) -> str:
    if before < 0 < now:
        return "buy"
    return "sell" if now < 0 < before else ""


class Traded(NamedTuple):
    orders: list[str]
    equity: Decimal


def trade(
    closes: list[Decimal], fast: int, slow: int, cash: Decimal, commission: Decimal
) -> Traded:
    shares, orders = 0, []
    for price, signal in zip(closes, crossings(closes, fast, slow), strict=True):
        order = ""
        if signal == "buy":
            bought = int(cash // (price * (1 + commission)))
            cash -= bought * price * (1 + commission)
            shares += bought
            order = f"buy {bought} GOOG" if bought else ""
        elif signal == "sell" and shares:
            cash += shares * price * (1 - commission)
            order, shares = f"sell {shares} GOOG", 0
        orders.append(order)
    return Traded(orders, cash + shares * closes[-1])


def goog() -> list[Decimal]:
    with (Path(market_data.__file__).parent / "data" / "goog.csv").open() as lines:
        return [Decimal(row["Close"]) for row in csv.DictReader(lines)]


@pytest.mark.parametrize(("fast", "slow"), [(10, 20), (5, 50), (1, 2)])
@pytest.mark.parametrize("commission", ["0", "0.002"])
def test_on_goog_it_agrees_with_a_second_computation_to_the_cent(
    fast: int, slow: int, commission: str
) -> None:
    """On the history of goog it agrees with a second computation to the cent."""
    closes = goog()
    expected = trade(closes, fast, slow, Decimal(10_000), Decimal(commission))
    played = play(
        SmaCross,
        [float(close) for close in closes],
        fast=fast,
        slow=slow,
        cash=10_000,
        units="whole",
        sizing="all_in",
        commission=float(commission),
    )
    assert len([order for order in expected.orders if order]) > 20
    assert played.orders == expected.orders
    assert round(played.portfolio["equity"], 2) == float(round(expected.equity, 2))


@pytest.mark.parametrize("case", ["11-price-100", "11b-price-8e-6", "11c-price-1.4e-10"])
def test_the_same_prices_in_another_currency_are_traded_the_same(case: str) -> None:
    with (ROOT / "tests" / "cases" / f"{case}.csv").open() as lines:
        closes = [float(row["close"]) for row in csv.DictReader(lines)]
    played = play(SmaCross, closes, fast=5, slow=20, cash=10_000)
    orders = [order for order in played.orders if order]
    assert (len(orders), sum(order.startswith("sell ") for order in orders)) == (15, 7)
    assert played.portfolio["equity"] == pytest.approx(18_173, abs=1)


@pytest.mark.parametrize("factor", [1e-300, 1e-170, 1e-12, 0.1, 3.0, 1e6, 1e100])
def test_means_that_are_equal_are_equal_in_any_currency(factor: float) -> None:
    tenths = [77, 11, 1, 2, 11, 33, 11, 33, 33, 55, 33, 55, 11, 11, 33, 11, 33, 22, 0]
    crossings, seen, expected = Crossing(2, 4), [], []
    before = zeros = 0
    for end, price in enumerate(tenths, 1):
        crossing = crossings.update({"sid": "A", "quote": price / 10 * factor})
        now = 2 * sum(tenths[max(end - 2, 0) : end]) - sum(tenths[max(end - 4, 0) : end])
        if end > 4:
            seen.append(crossing)
            expected.append((now > 0 > before) - (now < 0 < before))
            zeros += not now
        before = now
    assert seen == expected
    assert zeros > 2


CENTS = st.lists(st.integers(1, 100_000), min_size=5, max_size=80)


@run(deadline=None)
@given(cents=CENTS, fast=st.integers(1, 6), more=st.integers(1, 6))
def test_on_any_quotes_it_agrees_with_a_second_computation(
    cents: list[int], fast: int, more: int
) -> None:
    """On any quotes in cents it sees the crossings of the second computation."""
    closes = [Decimal(each) / 100 for each in cents]
    expected, held = [], False
    for signal in crossings(closes, fast, fast + more):
        expected.append("" if signal == "sell" and not held else signal)
        held = signal == "buy" if signal else held
    params = {"fast": fast, "slow": fast + more, "sizing": "fixed_cash", "bet": 1}
    played = play(SmaCross, [float(close) for close in closes], **params)
    assert [order.partition(" ")[0] for order in played.orders] == expected


@pytest.mark.parametrize("bad", [457_140_311.33, 1e9, 0.0001])
@pytest.mark.parametrize(("fast", "slow"), [(3, 7), (2, 5), (10, 20)])
def test_a_bad_tick_leaves_no_trace_once_it_has_left_the_means(
    bad: float, fast: int, slow: int
) -> None:
    quotes = [*[416.4] * slow, bad, *[416.4] * 3 * slow]
    orders = play(SmaCross, quotes, fast=fast, slow=slow, sizing="fixed_cash", bet=1).orders
    assert not any(orders[2 * slow + 2 :])

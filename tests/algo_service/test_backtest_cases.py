"""Cases from public reports: the same quotes in other spellings give the same backtest.

The inputs are in tests/cases; their values are invented.
"""

from __future__ import annotations

from typing import Any

import pytest

from algo_service.backtest import backtest
from algo_service.backtest.result import Result
from tests.support.processes import ROOT

CASES = ROOT / "tests" / "cases"
RULE = {"fast": 5, "slow": 20, "cash": 10000, "seed": 1}

Order = dict[str, Any]


def run(*names: str, params: dict[str, Any] | None = None, **options: Any) -> tuple[Result, list]:
    orders: list[Order] = []
    result = backtest(
        "sma_cross",
        [CASES / name for name in names],
        {**RULE, **(params or {})},
        on_order=lambda order: orders.append(order._asdict()),
        **options,
    )
    return result, orders


def bare(orders: list[Order]) -> list[tuple[Any, ...]]:
    """Return what orders have beside symbols, ids and the spelling of their times."""
    return [(each["side"], each["quantity"], each["price"], each["amount"]) for each in orders]


SAME = [
    (["03-epoch-seconds.csv"], ["03-epoch-millis.csv"]),
    (["04-yyyymmdd.csv"], ["04-iso.csv"]),
    (["05-klines-no-header-us.csv"], ["05b-klines-no-header-ms.csv"]),
    (["05-klines-no-header-us.csv"], ["05c-klines-header-us.csv"]),
    (["06d-mt5-tabs.csv"], ["06e-mt5-utf16.csv"]),
    (["09c-AAA-iso.csv", "09d-BBB-iso.csv"], ["09c-AAA-iso.csv", "09e-BBB-ms.csv"]),
    (["09c-AAA-iso.csv", "09d-BBB-iso.csv"], ["09c-AAA-iso.csv", "09f-BBB-tokyo.csv"]),
]


@pytest.mark.parametrize(("one", "other"), SAME, ids=lambda names: "+".join(names))
def test_between_two_spellings_of_the_same_quotes_everything_else_is_equal(
    one: list[str], other: list[str]
) -> None:
    (first, first_orders), (second, second_orders) = run(*one), run(*other)
    assert first.figures() == second.figures()
    assert bare(first_orders) == bare(second_orders)
    assert first_orders


def test_epoch_seconds_give_the_figures_of_their_year() -> None:
    figures = run("03-epoch-seconds.csv")[0].figures()
    assert figures["total_return"] == pytest.approx(0.7324, abs=5e-5)
    assert figures["sharpe"] == pytest.approx(2.82, abs=5e-3)
    assert (figures["first"], figures["last"]) == ("2021-07-01", "2022-07-01")


def test_the_same_prices_times_a_constant_give_the_same_trades_and_returns() -> None:
    runs = {
        name: run(name)
        for name in ("11-price-100.csv", "11b-price-8e-6.csv", "11c-price-1.4e-10.csv")
    }
    for result, orders in runs.values():
        figures = result.figures()
        assert figures["total_return"] == pytest.approx(0.8173, abs=5e-5)
        assert figures["sharpe"] == pytest.approx(2.40, abs=5e-3)
        assert (figures["orders"], figures["trades"]) == (15, 7)
        sides = [(order["side"], order["quote_id"].rpartition(":")[2]) for order in orders]
        assert sides == [
            (order["side"], order["quote_id"].rpartition(":")[2])
            for order in runs["11-price-100.csv"][1]
        ]


def test_date_and_time_columns_are_decided_minute_by_minute() -> None:
    """Two instruments of date and time columns are decided minute by minute."""
    result, orders = run("06b-AAA.csv", "06b-BBB.csv")
    figures = result.figures()
    assert figures["quotes"] == 800
    assert (figures["first"], figures["last"]) == ("2024-02-05T09:30:00Z", "2024-02-06T12:49:00Z")
    assert figures["annual_return"] is None  # two days are no year
    times = [order["ts"] for order in orders]
    assert times == sorted(times)
    assert all(time.endswith("Z") for time in times)


def test_an_account_of_a_twentieth_trades() -> None:
    small = {"cash": 0.05, "sizing": "fixed_fraction", "fraction": 0.1}
    result, orders = run("11d-in-btc.csv", params=small)
    assert len(orders) == result.figures()["orders"] == 15


def test_units_that_cost_more_than_the_cash_are_counted_as_the_reason() -> None:
    result, orders = run("12-btc.csv", params={"units": "whole"})
    assert orders == []
    assert result.reasons.by_code()["below_one_unit"].count == 8
    assert any("one unit costs" in note for note in result.notes)

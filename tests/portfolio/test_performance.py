"""Performance: figures from equity and fills."""

from __future__ import annotations

import json
import math
from typing import Any

import empyrical
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio import Costs, PaperBroker, Portfolio
from portfolio.performance import Performance


def run(
    steps: list[tuple[Any, float, float]], cash: float = 1000, **options: Any
) -> tuple[Portfolio, Performance]:
    """Play (ts, price, target value) steps of one instrument."""
    portfolio = Portfolio(cash, **options)
    performance = Performance(portfolio)
    for n, (ts, price, target) in enumerate(steps):
        data = {"sid": "GOOG", "quote": price, "id": str(n), "channel": "quotes", "ts": ts}
        portfolio.begin("algo", data)
        portfolio.order_target_value(data, target)
        performance.see(data)
    return portfolio, performance


# Bought 5 at 100 and sold at 120; 5 at 80, sold at 60.
ROUND_TRIPS = [
    ("2026-01-05", 100.0, 500.0),
    ("2026-01-06", 120.0, 0.0),
    ("2026-01-07", 80.0, 400.0),
    ("2026-01-08", 60.0, 0.0),
    ("2026-01-09", 70.0, 0.0),
]


def test_the_figures_of_two_trades_worked_by_hand() -> None:
    _, performance = run(ROUND_TRIPS)
    figures = performance.figures()
    expected = {
        "quotes": 5,
        "first": "2026-01-05",
        "last": "2026-01-09",
        "starting_cash": 1000.0,
        "final_equity": 1000.0,  # + 5 * 20 - 5 * 20
        "total_return": 0.0,
        "buy_and_hold": 70 / 100 - 1,
        "max_drawdown": 1000 / 1100 - 1,
        "max_drawdown_days": 2.0,  # from the 7th, the peak's last day, to the last quote
        "fills": 4,
        "fees": 0.0,
        "trades": 2,
        "win_rate": 0.5,
        "profit_factor": 1.0,
        "exposure_time": 2 / 5,
    }
    assert {name: figures[name] for name in expected} == pytest.approx(expected)
    # bought for 500 and 400, sold for 600 and 300; at 1000, 1100, 1100, 1000 and 1000 of equity
    years = 4 / 365.25
    assert figures["turnover"] == pytest.approx(900 / 1040 / years)
    assert performance.drawdown.trough == "2026-01-08"


def test_fees_are_in_a_trades_profit() -> None:
    _, performance = run(ROUND_TRIPS[:2], broker=PaperBroker(costs=Costs(per_order=1)))
    # 500 + 1 paid, 600 - 1 received
    assert performance.trades.gains == pytest.approx(98)
    assert list(performance.trades.returns) == pytest.approx([98 / 501])
    assert performance.figures()["fees"] == 2


def test_selling_a_part_takes_that_part_of_the_cost() -> None:
    _, performance = run([("2026-01-05", 100.0, 500.0), ("2026-01-06", 120.0, 300.0)])
    # 2.5 of 5 units sold at 120
    assert performance.trades.gains == pytest.approx(2.5 * 20)


def test_a_drawdown_ends_where_its_peak_is_reached_again() -> None:
    prices = [100.0, 80.0, 100.0, 90.0, 120.0]
    _, performance = run([(f"2026-01-{n:02}", p, 1000 * p / 100) for n, p in enumerate(prices, 1)])
    assert performance.drawdown == (pytest.approx(-0.2), "2026-01-01", "2026-01-02", "2026-01-03")
    assert performance.drawdown_days == 2


@given(st.lists(st.floats(1, 1000), min_size=2, max_size=60))
def test_the_deepest_drawdown_is_that_of_empyrical(prices: list[float]) -> None:
    portfolio, performance = run([(n * 86_400_000, p, 0.0) for n, p in enumerate(prices)][:1])
    equities = []
    for n, price in enumerate(prices[1:], 1):
        data = {
            "sid": "GOOG",
            "quote": price,
            "id": str(n),
            "channel": "quotes",
            "ts": n * 86_400_000,
        }
        portfolio.begin("algo", data)
        portfolio.buy(data, 700)
        performance.see(data)
        equities.append(portfolio.equity)
    returns = np.diff([1000.0, *equities]) / [1000.0, *equities[:-1]]
    assert performance.drawdown.depth == pytest.approx(float(empyrical.max_drawdown(returns)))


def test_ratios_are_empyricals_on_the_last_equity_of_each_day() -> None:
    prices = [100 + 10 * math.sin(n) for n in range(40)]
    steps = [(f"2026-{1 + n // 28:02}-{1 + n % 28:02}T{h}:00", p + h, 900.0)
             for n, p in enumerate(prices) for h in (10, 16)]  # fmt: skip
    _, performance = run(steps)
    closes = np.array([1000.0, *performance.days.values()])
    returns = closes[1:] / closes[:-1] - 1
    assert len(returns) == 40
    ratios = performance.ratios()
    # a quote on every day of the week: 365 of them in a year
    assert ratios["sharpe"] == pytest.approx(empyrical.sharpe_ratio(returns, annualization=365))
    assert ratios["sortino"] == pytest.approx(empyrical.sortino_ratio(returns, annualization=365))
    assert ratios["volatility"] == pytest.approx(returns.std(ddof=1) * math.sqrt(365))


@pytest.mark.parametrize(
    "steps", [[], [("2026-01-05", 100.0, 0.0)], [(None, 100.0, 500.0), (None, 90.0, 0.0)]]
)
def test_a_figure_that_is_not_defined_is_null_and_never_no_number(steps: list[Any]) -> None:
    _, performance = run(steps)
    figures = performance.figures()
    assert figures["sharpe"] is None
    assert figures["annual_return"] is None
    json.dumps(figures, allow_nan=False)


def test_buy_and_hold_is_equal_parts_of_every_instrument() -> None:
    portfolio = Portfolio(1000)
    performance = Performance(portfolio)
    for n, (sid, price) in enumerate([("A", 10.0), ("B", 20.0), ("A", 20.0), ("B", 10.0)]):
        data = {"sid": sid, "quote": price, "id": str(n), "channel": "quotes"}
        portfolio.begin("algo", data)
        performance.see(data)
    assert performance.buy_and_hold == pytest.approx((2.0 + 0.5) / 2 - 1)

"""Performance: figures from equity and fills."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import empyrical
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolio import Costs, PaperVenue, Portfolio
from portfolio.analysis.performance import Performance
from portfolio.times import instant
from tests.portfolio.quotes import see


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
        see(performance, portfolio, data, at(ts))
    return portfolio, performance


def at(ts: Any) -> int | None:
    return None if ts is None else instant(ts)


START_MS = 1_767_571_200_000  # 2026-01-05

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
    assert performance.drawdown.trough == instant("2026-01-08")


def test_turnover_is_the_trade_of_a_year_over_the_mean_equity() -> None:
    """Turnover is what was bought or sold in a year over the mean equity."""
    _, performance = run([*ROUND_TRIPS, ("2026-02-04", 70.0, 0.0)])
    # bought for 500 and 400, sold for 600 and 300; at 1000, 1100, 1100 and three times 1000
    years = 30 / 365.25
    assert performance.figures()["turnover"] == pytest.approx(900 / (6200 / 6) / years)


def test_fees_are_in_a_trades_profit() -> None:
    _, performance = run(ROUND_TRIPS[:2], venue=PaperVenue(costs=Costs(per_order=1)))
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
    days = map(instant, ("2026-01-01", "2026-01-02", "2026-01-03"))
    assert performance.drawdown == (pytest.approx(-0.2), *days)
    assert performance.drawdown_days == 2


@given(st.lists(st.floats(1, 1000), min_size=2, max_size=60))
def test_the_deepest_drawdown_is_that_of_empyrical(prices: list[float]) -> None:
    portfolio, performance = run([(START_MS, prices[0], 0.0)])
    equities = []
    for n, price in enumerate(prices[1:], 1):
        data = {
            "sid": "GOOG",
            "quote": price,
            "id": str(n),
            "channel": "quotes",
            "ts": START_MS + n * 86_400_000,
        }
        portfolio.begin("algo", data)
        portfolio.buy(data, 700)
        see(performance, portfolio, data, at(data["ts"]))
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
        see(performance, portfolio, data)
    assert performance.buy_and_hold == pytest.approx((2.0 + 0.5) / 2 - 1)


def minutes(count: int, step: int) -> list[datetime]:
    return [
        datetime(2026, 1, 5, 13, 30, tzinfo=UTC) + timedelta(minutes=n * step) for n in range(count)
    ]


TOKYO, NEW_YORK = timezone(timedelta(hours=9)), timezone(timedelta(hours=-5))
SPELLINGS: dict[str, Callable[[datetime], Any]] = {
    "without an offset": lambda at: at.replace(tzinfo=None).isoformat(),
    "Z": lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    "a space and no seconds": lambda at: at.strftime("%Y.%m.%d %H:%M"),
    "fraction": lambda at: at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    "Tokyo": lambda at: at.astimezone(TOKYO).isoformat(),
    "New York": lambda at: at.astimezone(NEW_YORK).isoformat(),
    "s": lambda at: int(at.timestamp()),
    "ms": lambda at: at.timestamp() * 1000,
    "us": lambda at: int(at.timestamp()) * 10**6,
    "YYYYMMDDHHMMSS": lambda at: int(at.strftime("%Y%m%d%H%M%S")),
    "ns as text": lambda at: f"{int(at.timestamp())}000000000",
    "by turns": lambda at: [at.isoformat(), at.astimezone(TOKYO).isoformat(), int(at.timestamp())][
        at.hour % 3
    ],
}


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("step", [1, 30, 7 * 60])
def test_the_same_instants_give_the_same_figures_however_they_are_spelt(
    name: str, step: int
) -> None:
    def told(spell: Callable[[datetime], Any]) -> tuple[Any, Any]:
        steps = [
            (spell(at), 100 + 10 * math.sin(n / 9), 900.0 * (n // 7 % 2))
            for n, at in enumerate(minutes(400, step))
        ]
        _, performance = run(steps)
        return performance.figures(), performance.days

    assert told(SPELLINGS[name]) == told(SPELLINGS["Z"])


def test_days_written_as_dates_and_as_digits_give_the_same_figures() -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(30)]
    iso, digits, number, mixed = (
        run([(spell(n, day), 100.0 + n, 50.0 * n) for n, day in enumerate(days)])[1]
        for spell in (
            lambda n, day: day.isoformat(),
            lambda n, day: day.strftime("%Y%m%d"),
            lambda n, day: int(day.strftime("%Y%m%d")),
            lambda n, day: day.strftime(("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d")[n % 3]),
        )
    )
    assert iso.figures() == digits.figures() == number.figures() == mixed.figures()
    assert list(iso.days) == list(range(20454, 20484)) == list(mixed.days)


def test_first_and_last_are_dates_if_both_are_midnight() -> None:
    """First and last are dates where both are midnight and else have a time."""

    def ends(*times: Any) -> tuple[Any, Any]:
        figures = run([(ts, 100.0, 0.0) for ts in times])[1].figures()
        return figures["first"], figures["last"]

    assert ends("20260105", 1767744000) == ("2026-01-05", "2026-01-07")
    assert ends("2026-01-05", "2026-01-05T18:00+09:00") == (
        "2026-01-05T00:00:00Z",
        "2026-01-05T09:00:00Z",
    )
    assert ends(None, None) == (None, None)


def test_a_late_quote_belongs_to_the_present_day() -> None:
    """A late quote belongs to the present day and an untimed one to the time before it."""
    steps = [
        (None, 100.0, 500.0),
        ("2026-01-05", 100.0, 500.0),
        ("2026-01-06", 120.0, 500.0),
        ("2026-01-05T12:00", 140.0, 500.0),
        (None, 160.0, 500.0),
        ("2026-01-07", 80.0, 500.0),
    ]
    _, performance = run(steps)
    # 5 units at 100, then sold down to 500 at each price
    assert list(performance.days) == [20458, 20459, 20460]
    assert performance.days[20458] == 1000
    assert performance.figures()["first"] == "2026-01-05"
    assert performance.figures()["last"] == "2026-01-07"
    assert performance.notes == ["annual figures need at least 14 days of data: this is 2 days"]


@pytest.mark.parametrize(
    ("last", "found"),
    [
        ("2026-01-05T13:30:40Z", "40 seconds"),
        ("2026-01-05T13:31:00Z", "1 minute"),
        ("2026-01-05T20:00:00Z", "6.5 hours"),
        ("2026-01-19T13:29:59Z", "13.9 days"),
        ("2026-01-19T13:30:00Z", None),
    ],
)
def test_annual_figures_of_less_than_two_weeks_are_not_defined(
    last: str, found: str | None
) -> None:
    """Annual figures of less than two weeks are not defined and it says why."""
    steps = [("2026-01-05T13:30:00Z", 100.0, 500.0), ("2026-01-05T13:30:10Z", 90.0, 300.0),
             ("2026-01-05T13:30:20Z", 110.0, 400.0), (last, 105.0, 0.0)]  # fmt: skip
    _, performance = run(steps)
    figures = performance.figures()
    names = ("annual_return", "volatility", "sharpe", "sortino", "calmar", "turnover")
    assert [figures[name] is None for name in names] == [found is not None] * 6
    notes = [f"annual figures need at least 14 days of data: this is {found}"] if found else []
    assert performance.notes == notes


def test_without_times_it_says_that_they_are_missing() -> None:
    assert run([(None, 100.0, 500.0), (None, 90.0, 0.0)])[1].notes == [
        "annual figures need the times of quotes, and none of these has a ts"
    ]
    assert run([])[1].notes == []

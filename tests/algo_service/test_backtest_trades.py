"""Trades: one for each sale, with its share of what was bought, and one for what is still held."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from algo_service.backtest import backtest
from algo_service.backtest.trades import COLUMNS, MAX_TRADES
from algo_service.errors import AlgoServiceError
from market_data import open_feed
from portfolio import Portfolio
from tests.algo_service.test_backtest import command


class Told:
    """Buys or sells as the quote says: `cash`, or `units`."""

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        self.portfolio = Portfolio.from_params(params)
        return ["quotes"]

    def event(self, data: dict[str, Any]) -> None:
        if "cash" in data:
            self.portfolio.buy(data, data["cash"])
        if "units" in data:
            self.portfolio.sell(data, data["units"])


def quotes(*rows: tuple[str, float, Mapping[str, float]]) -> list[dict[str, Any]]:
    return [
        {"sid": sid, "quote": price, "ts": f"2026-01-{day:02}T10:00:00+01:00", **told}
        for day, (sid, price, told) in enumerate(rows, 1)
    ]


TABLE = quotes(
    ("A", 10, {"cash": 100}),  # 10 units
    ("B", 5, {"cash": 50}),
    ("A", 20, {"cash": 200}),  # 10 more: 15 each
    ("A", 18, {"units": 5}),
    ("A", 12, {"units": 15}),
    ("A", 10, {"cash": 100}),
    ("A", 11, {}),
)


def test_each_sale_has_its_share_of_the_cost_and_what_is_held_comes_last() -> None:
    trades = backtest(Told, TABLE, {"cash": 1000}).trades
    assert list(trades.columns) == list(COLUMNS)
    told = trades[["sid", "position", "entry_price", "exit_price", "quantity", "profit", "bars"]]
    assert told.fillna(0).to_numpy().tolist() == [
        ["A", 1, 15, 18, 5, 15, 2],
        ["A", 1, 15, 12, 15, -45, 3],
        ["B", 1, 5, 0, 10, 0, 0],
        ["A", 2, 10, 0, 10, 10, 1],
    ]
    assert list(trades["return"]) == pytest.approx([0.2, -0.2, 0.0, 0.1])
    assert list(trades["status"]) == ["closed", "closed", "open", "open"]
    assert trades["entry_time"][0] == pd.Timestamp("2026-01-01T09:00Z")
    assert trades["exit_time"][1] == pd.Timestamp("2026-01-05T09:00Z")
    assert trades["exit_time"].isna().tolist() == [False, False, True, True]


def test_a_trade_has_the_fees_of_purchase_and_sale() -> None:
    """Fees of purchase and sale are in a trade and its profit is after them."""
    result = backtest(Told, TABLE, {"cash": 1000, "commission_per_order": 2})
    trades = result.trades
    assert list(trades["fees"]) == pytest.approx([4 / 4 + 2, 3 * 4 / 4 + 2, 2, 2])
    assert trades["profit"].sum() == pytest.approx(result.performance.equity - 1000)


@pytest.mark.parametrize("name", ["sma_cross", "random", "rebalance"])
def test_the_closed_ones_are_the_trades_of_the_figures(name: str) -> None:
    params = {"seed": 3, "commission": 0.001, **({"exit": 0.3} if name == "random" else {})}
    # two instruments that move against each other: there is something to rebalance
    pairs = [(q.ts, sid, price) for q in open_feed("goog")
             for sid, price in (("A", q.quote), ("B", 1e4 / q.quote))]  # fmt: skip
    quotes = [{"ts": ts, "sid": sid, "quote": price} for ts, sid, price in pairs]
    result = backtest(name, quotes, params)
    trades, figures = result.trades, result.figures()
    closed = trades[trades["status"] == "closed"]
    assert len(closed) == figures["trades"] > 0
    assert list(closed["return"]) == pytest.approx(list(result.performance.trades.returns))
    assert (closed["profit"] > 0).mean() == pytest.approx(figures["win_rate"])
    assert trades["fees"].sum() == pytest.approx(figures["fees"])
    assert trades["profit"].sum() == pytest.approx(
        figures["final_equity"] - figures["starting_cash"]
    )


def test_trades_without_times_have_none() -> None:
    bare = [{key: value for key, value in quote.items() if key != "ts"} for quote in TABLE]
    trades = backtest(Told, bare, {"cash": 1000}).trades
    assert trades["entry_time"].isna().all()
    assert trades["entry_time"].dtype == backtest(Told, TABLE, {"cash": 1000}).trades.dtypes.iloc[2]


def test_the_file_has_every_trade_of_the_frame(tmp_path: Path) -> None:
    file = tmp_path / "trades.csv"
    words = ["--algo", "sma_cross", "--data", "goog", "--param", "fast=10", "--commission", "0.001"]
    ended = command(*words, "--trades", file, "--json")
    assert ended.returncode == 0
    written = pd.read_csv(file, parse_dates=["entry_time", "exit_time"])
    trades = backtest("sma_cross", "goog", {"fast": 10, "commission": 0.001}).trades
    assert set(written.pop("algo")) == {"sma_cross"}
    assert list(written["entry_time"]) == list(trades["entry_time"])
    assert list(written["exit_time"].dropna()) == list(trades["exit_time"].dropna())
    numbers = ["position", "quantity", "profit", "return", "fees", "bars", "exit_price"]
    pd.testing.assert_frame_equal(written[numbers], trades[numbers])
    with file.open(newline="") as lines:
        assert next(csv.reader(lines)) == ["algo", *COLUMNS]


def test_as_many_trades_as_a_report_shows_are_kept_for_a_chart() -> None:
    up_and_down = [
        {"sid": "A", "quote": 10.0, "ts": 1.7e9 + n, **({"units": 1} if n % 2 else {"cash": 10})}
        for n in range(4 * MAX_TRADES)
    ]
    result = backtest(Told, up_and_down, {"cash": 1000}, keep="chart")
    assert result.round_trips is not None
    assert len(result.round_trips.closed) == MAX_TRADES
    assert result.round_trips.count == 2 * MAX_TRADES == result.figures()["trades"]
    for name in ("trades", "order_frame", "fill_frame"):
        with pytest.raises(AlgoServiceError, match='give keep="all"'):
            getattr(result, name)


class SellsTwice:
    """Sells its two units one by one, at one quote."""

    def initialize(self, params: Any) -> list[str]:
        self.portfolio = Portfolio(params["cash"])
        return ["quotes"]

    def event(self, data: dict[str, Any]) -> None:
        if not self.portfolio.quantity(data["sid"]):
            self.portfolio.buy(data, 2 * data["quote"])
        else:
            self.portfolio.sell(data, 1.0)
            self.portfolio.sell(data, 1.0)


def test_sales_of_one_quote_are_trades_of_their_own() -> None:
    result = backtest(SellsTwice, [{"sid": "A", "quote": price} for price in (10.0, 15.0)])
    assert list(result.trades["profit"]) == [5.0, 5.0]
    assert list(result.trades["position"]) == [1, 1]

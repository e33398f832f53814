"""From Python and in a notebook: what is taken as data and as an algorithm, and what is shown."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from algo_service.backtest import Result, backtest, sweep
from algo_service.errors import AlgoServiceError
from market_data import as_message, open_feed
from portfolio import Portfolio
from tests.algo_service.test_backtest import GOOG
from tests.support.processes import ROOT

CROSS = {"fast": 10, "slow": 20}


class Mine:
    """Buys at every `every`-th quote."""

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        self.portfolio = Portfolio(params["cash"])
        self.every, self.count = params["every"], 0
        return ["quotes"]

    def event(self, data: dict[str, Any]) -> None:
        self.count += 1
        if self.count % self.every == 0:
            self.portfolio.buy(data, 10)


def frame() -> pd.DataFrame:
    return pd.read_csv(GOOG, index_col=0, parse_dates=True)


def polars_frame() -> Any:
    polars = pytest.importorskip("polars")
    return polars.from_pandas(frame().reset_index(names="date"))


def maps() -> list[dict[str, Any]]:
    return [{"sid": q.sid, "quote": q.quote, "ts": q.ts} for q in open_feed("goog")]


DATA: dict[str, Callable[[], Any]] = {
    "a sample": lambda: "goog",
    "text": lambda: str(GOOG),
    "a path": lambda: GOOG,
    "a list of paths": lambda: [GOOG],
    "a frame of pandas": frame,
    "a frame of polars": polars_frame,
    "a feed": lambda: open_feed("goog"),
    "maps": maps,
    "a generator": lambda: (quote for quote in maps()),
}


@pytest.mark.parametrize("kind", DATA)
def test_every_kind_of_data_gives_the_same_figures(kind: str) -> None:
    expected = backtest("sma_cross", "goog", CROSS).figures()
    assert backtest("sma_cross", DATA[kind](), CROSS).figures() == expected
    swept = sweep("sma_cross", DATA[kind](), {"fast": [10], "slow": [20]})
    assert swept.best["final_equity"] == expected["final_equity"]


def test_a_sweep_takes_a_class_as_a_backtest_does() -> None:
    swept = sweep(Mine, "goog", {"every": [2, 3]}, {"cash": 100})
    for row in swept.rows:
        result = backtest(Mine, "goog", {"cash": 100, "every": row["every"]})
        assert row["final_equity"] == result.performance.equity


NOTEBOOK = """
from algo_service.backtest import sweep
from portfolio import Portfolio

class Cell:
    def initialize(self, params):
        self.portfolio = Portfolio(params["cash"])
        self.amount = params["amount"]
        return ["quotes"]

    def event(self, data):
        self.portfolio.buy(data, self.amount)

print(len(sweep(Cell, "goog", {"amount": [1, 2, 3]}, {"cash": 100}, processes=2).rows))
"""


def test_a_class_that_only_this_process_knows_is_swept_as_in_a_notebook() -> None:
    done = subprocess.run(
        [sys.executable], input=NOTEBOOK, check=True, text=True, capture_output=True, cwd=ROOT
    )
    assert done.stdout == "3\n"


def test_where_processes_cannot_be_forked_a_class_runs_in_this_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forked = sweep(Mine, "goog", {"every": [2, 3]}, {"cash": 100, "seed": 1})
    monkeypatch.setattr(sys, "platform", "darwin")
    assert sweep(Mine, "goog", {"every": [2, 3]}, {"cash": 100, "seed": 1}).rows == forked.rows


@pytest.mark.parametrize("run", [backtest, sweep])
def test_options_of_reading_are_keywords(run: Callable[..., Any], tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text("Tag,Wert\n2026-01-06,2\n2026-01-05,1\n2026-01-07,4\n2026-01-08,8\n")
    values = ({"fill": ["quote"]},) if run is sweep else ()
    done = run(
        "buy_and_hold", file, *values, columns={"ts": "Tag", "quote": "Wert"}, sort=True,
        start="2026-01-06", end="2026-01-07",
    )  # fmt: skip
    figures = done.best if run is sweep else done.figures()
    assert figures["total_return"] == 1.0


def test_a_backtest_and_a_sweep_make_bars_of_what_they_read() -> None:
    weeks = [as_message(quote, "backtest") for quote in open_feed("goog", bars="1w")]
    params = {**CROSS, "seed": 1}
    expected = backtest("sma_cross", weeks, params).figures()
    assert expected["quotes"] == 445
    result = backtest("sma_cross", "goog", params, bars="1w")
    assert result.figures() == expected
    assert result.data_notes == [
        "bars of 1w: 1 is not complete at the end, and left out; the first, of GOOG, would end"
        " 2013-03-03T23:59:59.999Z"
    ]
    best = sweep("sma_cross", "goog", {"fast": [10]}, {"slow": 20, "seed": 1}, bars="1w").best
    assert best["final_equity"] == expected["final_equity"]


@pytest.mark.parametrize("data", [maps()[:5], open_feed("goog")], ids=["maps", "a feed"])
@pytest.mark.parametrize("run", [backtest, sweep])
def test_options_of_reading_are_refused_where_nothing_is_read(
    run: Callable[..., Any], data: Any
) -> None:
    values = ({"fill": ["quote"]},) if run is sweep else ()
    with pytest.raises(AlgoServiceError, match="sort, start is given with"):
        run("buy_and_hold", data, *values, sort=True, start="2010-01-01", query=None)


def test_times_are_datetimes_and_every_spelling_is_kept_beside() -> None:
    spellings: Iterable[Any] = (
        *("2024-01-10", "2024-01-10T12:00:00+02:00", 1704888000, 1704891600000, "20240110 150000"),
        "2024/01/11",
    )
    quotes = [{"sid": "A", "quote": 5.0, "ts": ts, "id": str(ts)} for ts in spellings]
    result = backtest("random", quotes, {"threshold": 0, "seed": 1})
    expected = pd.DatetimeIndex(
        [*(f"2024-01-10T{hour:02}:00Z" for hour in (0, 10, 12, 13, 15)), "2024-01-11T00:00Z"]
    )
    assert list(result.equity.index) == list(expected)
    assert isinstance(result.equity.index, pd.DatetimeIndex)
    assert str(result.equity.index.tz) == "UTC"
    for records in (result.order_frame, result.fill_frame):
        assert list(records["time"]) == list(expected)
        assert list(records["ts"]) == list(spellings)


def test_daily_is_the_last_equity_of_each_day() -> None:
    quotes = [
        {"sid": "A", "quote": float(price), "ts": ts}
        for ts, price in (
            *(("2024-01-10T09:00Z", 10), ("2024-01-10T23:59:59Z", 12)),
            *(("2024-01-11T01:00+02:00", 13), ("2024-01-12", 15)),
        )
    ]
    daily = backtest("buy_and_hold", quotes, {"cash": 10}).daily
    assert daily.index.tolist() == [
        pd.Timestamp("2024-01-10", tz="UTC"),
        pd.Timestamp("2024-01-12", tz="UTC"),
    ]
    assert daily.tolist() == [13, 15]


def html(result: Any) -> ElementTree.Element:
    text = result._repr_html_()
    assert "<script" not in text
    return ElementTree.fromstring(text)


def test_a_result_shows_itself_in_a_notebook_and_in_a_terminal() -> None:
    params = {**CROSS, "cash": 10000, "units": "whole", "commission": 0.002}
    result = backtest("sma_cross", "goog", params)
    text = repr(result)
    assert re.match(r"sma_cross \(.*fast=10, slow=20, .*\)\n", text)
    assert re.search(r"\nFinal equity +59,521\.05\n", text)
    shown = html(result)
    cells = ["".join(cell.itertext()) for cell in shown.iter("td")]
    assert "59,521.05" in cells
    assert len(list(shown.iter("polyline"))) == 2


def test_what_a_notebook_shows_is_small_and_holds_no_markup_of_the_datas() -> None:
    quotes = [{"sid": "<b>", "quote": 1.0 + n % 9, "ts": 1.7e9 + n} for n in range(50_000)]
    params = {"every": 2, "cash": 1e6, "label": "<i>"}
    result = backtest(Mine, [*quotes, {"sid": "<b>", "quote": "<i>"}], params)
    assert result.failed == 1
    assert list(html(result).iter("i")) == []
    assert len(result._repr_html_()) < 40_000


@pytest.mark.parametrize("keep", ["all", "chart", None])
def test_one_quote_shows_itself_whatever_is_kept(keep: str | None) -> None:
    result = backtest("buy_and_hold", [{"sid": "A", "quote": 1.0}], keep=keep)
    assert "Final equity" in repr(result)
    html(result)


def test_a_sweep_shows_its_best_rows_and_what_failed() -> None:
    swept = sweep("sma_cross", "goog", {"fast": [5, 10, 20], "slow": [20], "fill": ["next"]})
    lines = repr(swept).splitlines()
    assert lines[0].split()[:3] == ["fast", "slow", "fill"]
    assert "1 combination not allowed: fast is 20, slow 20: fast has to be less" in lines
    cells = ["".join(cell.itertext()) for cell in html(swept).iter("td")]
    assert cells[:3] == [str(swept.best["fast"]), "20", "next"]


def test_a_result_writes_its_report(tmp_path: Path) -> None:
    result: Result = backtest("sma_cross", "goog", CROSS)
    result.report(tmp_path / "a.html")
    result.report(str(tmp_path / "b.html"))
    assert "<h1>sma_cross</h1>" in (tmp_path / "a.html").read_text()
    assert (tmp_path / "b.html").exists()

"""Backtests: the same decisions as live, nothing seen early, nothing silently filled."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from algo_service import Engine
from algo_service.algorithms import BUILT_IN
from algo_service.backtest import backtest, sweep
from algo_service.backtest.curve import MAX_POINTS
from algo_service.backtest.grid import grid
from algo_service.engine.encoding import encode
from algo_service.errors import AlgoServiceError
from market_data import UnsortedError, as_message, open_feed
from portfolio import Order, ParameterError, Portfolio
from tests.support.algorithms import ON_QUOTES
from tests.support.called import called
from tests.support.processes import BIN, ROOT

GOOG = ROOT / "market_data" / "data" / "goog.csv"


def command(*words: object, **settings: Any) -> subprocess.CompletedProcess[str]:
    line = [str(word) for word in (BIN / "algo-service", "backtest", *words)]
    return subprocess.run(line, text=True, capture_output=True, **settings)


def orders_of(algo: Any, data: Any, params: Mapping[str, Any] | None = None) -> list[str]:
    orders: list[str] = []
    backtest(algo, data, params, on_order=lambda order: orders.append(encode(order)))
    return orders


def prices(path: Path, *rows: tuple[str, str], sid: str = "A") -> str:
    path.write_text("".join(["sid,ts,quote\n", *(f"{sid},{ts},{price}\n" for ts, price in rows)]))
    return str(path)


@pytest.mark.parametrize("fill", ["quote", "next"])
@pytest.mark.parametrize("name", ON_QUOTES)
def test_orders_are_those_of_the_engine_byte_for_byte(name: str, fill: str) -> None:
    params = {"seed": 7, "fill": fill, "commission": 0.001, "max_drawdown": 0.3}
    engine = Engine(BUILT_IN[name], name, {}, seed=0)
    engine.initialize(params)
    live: list[str] = []
    for quote in open_feed("goog"):
        (decision,) = engine.decide([as_message(quote, "backtest")])
        live += decision["orders"]
    assert orders_of(name, "goog", params) == live != []


@pytest.mark.parametrize("name", ON_QUOTES)
def test_nothing_before_it_changes_when_the_future_does(name: str) -> None:
    closes = [float(row["Close"]) for row in csv.DictReader(GOOG.open())]
    half = len(closes) // 2

    def orders(tampered: list[float]) -> list[str]:
        quotes = [{"sid": "GOOG", "quote": p, "ts": 1.7e9 + n, "id": str(n)} for n, p in
                  enumerate(tampered)]  # fmt: skip
        made = orders_of(name, quotes, {"seed": 7})
        return [order for order in made if int(json.loads(order)["quote_id"]) < half]

    future = [price * 3 if n % 2 else price / 3 for n, price in enumerate(closes[half:])]
    assert orders(closes) == orders(closes[:half] + future) != []


class Touchy:
    """Buys on every third quote, and fails where it is told to, after it has counted and bought."""

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        self.portfolio = Portfolio(params["cash"])
        self.count = 0
        return ["quotes"]

    def save(self) -> dict[str, Any]:
        return {"count": self.count}

    def load(self, data: Mapping[str, Any]) -> None:
        self.count = data["count"]

    def event(self, data: dict[str, Any]) -> None:
        self.count += 1
        if self.count % 3 == 0:
            self.portfolio.buy(data, 10)
        if data.get("fail"):
            raise ValueError("told to")


@given(st.lists(st.booleans(), max_size=40))
def test_a_quote_that_fails_leaves_no_trace_in_what_follows(fails: list[bool]) -> None:
    fails = [*fails, False]  # one at least that does not: else there is nothing to tell of
    quotes = [{"sid": "A", "quote": 10.0 + n, "id": str(n), "fail": f} for n, f in enumerate(fails)]
    good = [quote for quote in quotes if not quote["fail"]]
    assert orders_of(Touchy, quotes, {"cash": 1000}) == orders_of(Touchy, good, {"cash": 1000})
    result = backtest(Touchy, quotes, {"cash": 1000})
    assert result.failed == sum(fails)
    assert result.performance.quotes == len(good)
    assert [failed.count for failed in result.errors] == [sum(fails)] * any(fails)
    assert all(failed.error == "ValueError: told to" for failed in result.errors)


def test_a_quote_that_comes_again_in_a_recording_is_decided_once(tmp_path: Path) -> None:
    quote = '{"sid": "A", "quote": 10, "id": "1", "ts": "2026-01-05"}\n'
    other = '{"sid": "A", "quote": 11, "id": "1", "ts": "2026-01-05"}\n'
    recording = tmp_path / "r.jsonl"
    recording.write_text(quote + quote + other)
    result = backtest("buy_and_hold", str(recording))
    assert (result.performance.quotes, result.failed) == (1, 1)
    assert result.errors[0].error == 'QuoteError: id used before: "1" on quotes, with other content'


def test_unsorted_data_is_refused_with_its_row_or_sorted_when_asked(tmp_path: Path) -> None:
    file = prices(tmp_path / "a.csv", ("2026-01-06", "2"), ("2026-01-05", "1"))
    with pytest.raises(UnsortedError, match="row 2"):
        backtest("buy_and_hold", file)
    assert backtest("buy_and_hold", file, sort=True).figures()["first"] == "2026-01-05"
    ended = command("--algo", "buy_and_hold", "--data", file)
    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1)


def test_odd_data_is_counted_and_said_and_never_filled(tmp_path: Path) -> None:
    file = prices(
        tmp_path / "a.csv",
        *(("2026-01-05", "10"), ("2026-01-05", "10"), ("2026-01-06", ""), ("2026-01-07", "-1")),
        *(("soon", "11"), ("2026-01-08", "12")),
    )
    result = backtest("buy_and_hold", file)
    assert result.quality is not None
    assert result.performance.quotes == 3
    said = command("--algo", "buy_and_hold", "--data", file).stdout
    assert result.data_notes
    for line in result.data_notes:
        assert f"\ndata: {line}\n" in said


@pytest.mark.parametrize("ts", ["soon", True, float("inf"), [5]])
def test_a_map_whose_time_is_none_is_refused(ts: Any) -> None:
    quotes = [{"sid": "A", "quote": 1.0, "ts": ts}, {"sid": "A", "quote": 1.0, "ts": None}]
    result = backtest("buy_and_hold", quotes)
    assert (result.failed, result.figures()["quotes"]) == (1, 1)
    assert '"ts" is ' in result.errors[0].error


def test_several_files_are_merged_in_the_order_of_time(tmp_path: Path) -> None:
    first = prices(tmp_path / "a.csv", ("2026-01-05", "1"), ("2026-01-07", "2"), sid="A")
    second = prices(tmp_path / "b.csv", ("2026-01-06", "3"), sid="B")
    result = backtest("random", [first, second], {"threshold": 0, "seed": 1})
    assert list(result.order_frame["ts"]) == ["2026-01-05", "2026-01-06", "2026-01-07"]
    assert list(result.order_frame["sid"]) == ["A", "B", "A"]


def test_the_json_has_the_figures_and_the_orders_are_lines_as_published(tmp_path: Path) -> None:
    lines = tmp_path / "orders.jsonl"
    ended = command(
        "--algo", "sma_cross", "--data", "goog", "--cash", "10000", "--param", "fast=10",
        "--param", "slow=20", "--units", "whole", "--commission", "0.002", "--json",
        "--orders", lines,
    )  # fmt: skip
    figures = json.loads(ended.stdout)
    params = {"cash": 10000, "fast": 10, "slow": 20, "units": "whole", "commission": 0.002}
    expected = backtest("sma_cross", "goog", params).figures()
    assert {name: figures[name] for name in expected} == expected
    assert lines.read_text().splitlines() == orders_of("sma_cross", "goog", params)
    assert figures["orders"] == len(lines.read_text().splitlines())


def test_data_frames_hold_the_course(tmp_path: Path) -> None:
    result = backtest("sma_cross", "goog")
    assert len(result.equity) == 2148
    assert result.equity["equity"].iloc[-1] == result.performance.equity
    assert result.equity["drawdown"].min() == pytest.approx(result.performance.drawdown.depth)
    ratio = result.equity["buy_and_hold"].iloc[-1] / result.performance.starting_cash - 1
    assert ratio == pytest.approx(result.performance.buy_and_hold)
    assert list(result.order_frame.columns) == ["time", *Order._fields]
    assert len(result.fill_frame) == result.performance.trades.fills
    assert result.equity.index[0] == pd.Timestamp("2004-08-19", tz="UTC")


def test_a_charts_course_is_bounded_and_ends_at_the_last_quote() -> None:
    quotes = [
        {"sid": "A", "quote": 1 + n % 7, "ts": 1_700_000_000_000 + n}
        for n in range(10 * MAX_POINTS)
    ]
    result = backtest("random", quotes, {"seed": 1}, keep="chart")
    assert result.curve is not None
    points = result.curve.points
    assert MAX_POINTS <= len(points) <= 2 * MAX_POINTS + 1
    assert points[-1].ts == quotes[-1]["ts"]
    assert len(result.curve.fills) < len(quotes)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("fast=5..20:5", ("fast", [5, 10, 15, 20])),
        ("fast=5..7", ("fast", [5, 6, 7])),
        ("entry=0.5..1.5:0.25", ("entry", [0.5, 0.75, 1.0, 1.25, 1.5])),
        ("x=0.1..0.3:0.1", ("x", [0.1, 0.2, 0.3])),
        ("fast=5,10", ("fast", [5, 10])),
    ],
)
def test_a_sweep_is_written_as_a_range_or_a_list(
    text: str, values: tuple[str, list[float]]
) -> None:
    assert grid(text) == values


@pytest.mark.parametrize("text", ["fast", "fast=", "fast=a..b", "fast=9..5", "fast=1..5:0", "=1"])
def test_a_sweep_of_no_values_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match=r"write name=from\.\.to:step"):
        grid(text)


def test_a_sweep_runs_every_combination_that_is_allowed_with_one_seed() -> None:
    swept = sweep("sma_cross", "goog", {"fast": [5, 10, 20], "slow": [10, 20]}, {"units": "whole"})
    combinations = {(row["fast"], row["slow"]) for row in swept.rows}
    assert combinations == {(5, 10), (5, 20), (10, 20)}
    assert swept.refused == 3
    for row in swept.rows:
        params = {"fast": row["fast"], "slow": row["slow"], "units": "whole"}
        assert row["final_equity"] == backtest("sma_cross", "goog", params).performance.equity
    assert swept.best["sharpe"] == max(row["sharpe"] for row in swept.rows)
    with pytest.raises(ParameterError, match='did you mean "fast"'):
        sweep("sma_cross", "goog", {"fst": [1]})
    (same,) = {row["final_equity"] for row in sweep("random", "goog", {"exit": [0.2, 0.2]}).rows}
    assert same


def test_data_that_cannot_be_read_ends_a_sweep_with_a_sentence(tmp_path: Path) -> None:
    file = prices(tmp_path / "a.csv", ("2026-01-06", "2"), ("2026-01-05", "1"))
    with pytest.raises(AlgoServiceError, match="row 2"):
        sweep("sma_cross", file, {"fast": [1, 2]})


LARGE = """
import pathlib, re, sys
from algo_service.backtest import backtest
result = backtest("sma_cross", sys.argv[1], keep="chart")
assert result.performance.quotes == int(sys.argv[2])
# not ru_maxrss, which begins with what the process that started this one had
print(int(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]) // 1024)
"""


def test_memory_does_not_grow_with_the_quotes(tmp_path: Path) -> None:
    peaks = []
    for count in (10_000, 150_000):
        file = tmp_path / f"{count}.csv"
        with file.open("w") as out:
            out.write("ts,price\n")
            out.writelines(
                f"{1_600_000_000_000 + n * 60_000},{100 + n * 37 % 101}\n" for n in range(count)
            )
        line = [sys.executable, "-c", LARGE, str(file), str(count)]
        ended = subprocess.run(line, check=True, text=True, capture_output=True)
        peaks.append(int(ended.stdout))
    # 140,000 quotes as maps would take more than 40 MB
    assert peaks[1] < peaks[0] + 30, peaks


def test_plotting_and_statistics_are_imported_where_they_are_used() -> None:
    """Neither plotting nor statistics are imported where they are not used."""
    code = (
        "import sys; from algo_service.backtest import command; from algo_service.backtest import"
        " backtest; backtest('sma_cross', 'goog', keep=None).performance.plain();"
        " print([name for name in ('plotly', 'pandas', 'empyrical', 'numpy', 'pyarrow')"
        " if name in sys.modules])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], check=True, text=True, capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert ended.stdout == "[]\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--data", "gog"], 'no file and no sample "gog"; did you mean "goog"?'),
        (["--data", "goog", "--orders", "/no/such/folder/x"], "cannot write /no/such/folder/x"),
        (["--data", "goog", "--sweep", "fast"], 'cannot sweep "fast"'),
        (["--data", "goog", "--cash", "0"], "a portfolio without cash"),
        (["--data", "goog", "--columns", "qute=Close"], "qute"),
    ],
)
def test_a_users_mistake_is_one_sentence_and_status_2(words: list[str], sentence: str) -> None:
    ended = called("backtest", "--algo", "sma_cross", *words)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "shown"),
    [([], r"quotes .*2148"), (["--sweep", "fast=5,10"], r"runs .*2/2")],
    ids=["quotes", "runs"],
)
def test_progress_is_shown_where_a_terminal_is(words: list[str], shown: str) -> None:
    terminal, end = os.openpty()
    line = [BIN / "algo-service", "backtest", "--algo", "sma_cross", "--data", "goog", *words]
    ended = subprocess.run(line, text=True, stdout=subprocess.PIPE, stderr=end)
    os.close(end)
    assert ended.returncode == 0
    assert re.search(shown, os.read(terminal, 100_000).decode())
    os.close(terminal)
    assert "Final equity" in ended.stdout

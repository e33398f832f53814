"""Several algorithms over the same data: one table, one report, each with its own parameters."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from algo_service.backtest import backtest
from algo_service.backtest.compare import shares
from tests.algo_service.test_backtest import command
from tests.algo_service.test_report import Opened, drawn
from tests.support.browser import browser
from tests.support.called import called
from tests.support.processes import BIN

BOTH = ["--algo", "sma_cross", "--algo", "buy_and_hold", "--data", "goog"]

OWN = """
from portfolio import Portfolio


class Own:
    def initialize(self, params):
        self.portfolio = Portfolio(params["cash"])
        self.amount = params.get("amount", 0)
        return ["quotes"]

    def event(self, data):
        self.portfolio.buy(data, self.amount)
"""


def test_each_has_a_column_with_the_figures_that_it_has_alone() -> None:
    ended = command(*BOTH, "--param", "fast=10", "--param", "slow=20", "--units", "whole")
    assert ended.returncode == 0
    lines = ended.stdout.splitlines()
    assert [line.split(" ")[0] for line in lines[:2]] == ["sma_cross", "buy_and_hold"]
    assert lines[2].split() == ["sma_cross", "buy_and_hold"]
    cross = backtest("sma_cross", "goog", {"fast": 10, "slow": 20, "units": "whole"})
    held = backtest("buy_and_hold", "goog", {"units": "whole"})
    equities = [f"{each.performance.equity:,.2f}" for each in (cross, held)]
    assert lines[3].split() == ["Final", "equity", *equities]


def test_the_json_has_one_object_for_each_and_for_one_alone_that_object() -> None:
    both = json.loads(command(*BOTH, "--json", "--param", "seed=1").stdout)
    assert list(both) == ["results"]
    alone = json.loads(
        command("--algo", "buy_and_hold", "--data", "goog", "--json", "--param", "seed=1").stdout
    )
    assert both["results"][1] == alone
    assert [each["algo"] for each in both["results"]] == ["sma_cross", "buy_and_hold"]


def test_each_gets_what_it_declares_and_all_the_same_seed(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(OWN)
    own = f"{tmp_path / 'own.py'}:Own"
    cross, rebalance, mine = shares(
        ["sma_cross", "rebalance", own], {"fast": 3, "every": 5, "cash": 7, "amount": 2}
    )
    assert cross.pop("seed") == rebalance.pop("seed") == mine.pop("seed")
    assert cross == {"fast": 3, "cash": 7}
    assert rebalance == {"every": 5, "cash": 7}
    assert mine == {"fast": 3, "every": 5, "cash": 7, "amount": 2}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([*BOTH, "--param", "fst=1"], 'has a parameter "fst": did you mean "fast"?'),
        ([*BOTH, "--sweep", "fast=1..3"], "--sweep tries the parameters of one algorithm"),
        ([*BOTH, "--algo", "sma_cross"], "sma_cross is given twice"),
        ([*BOTH, "--algo", "sma_crss"], 'did you mean "sma_cross"?'),
    ],
)
def test_what_cannot_be_compared_is_one_sentence_and_status_2(
    words: list[str], sentence: str
) -> None:
    ended = called("backtest", *words)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert sentence in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_orders_and_trades_of_all_are_in_one_file_each(tmp_path: Path) -> None:
    orders, trades = tmp_path / "orders.jsonl", tmp_path / "trades.csv"
    assert command(*BOTH, "--orders", orders, "--trades", trades).returncode == 0
    algos = [json.loads(line)["algo"] for line in orders.read_text().splitlines()]
    assert dict.fromkeys(algos) == {"sma_cross": None, "buy_and_hold": None}
    with trades.open(newline="") as file:
        assert {row["algo"] for row in csv.DictReader(file)} == {"sma_cross", "buy_and_hold"}


def test_two_classes_of_one_name_are_told_apart_by_their_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.py").write_text(OWN)
    words = ["--algo", "a.py:Own", "--algo", "b.py:Own", "--data", "goog"]
    lines = command(*words, cwd=tmp_path).stdout.splitlines()
    assert lines[2].split() == ["a.py:Own", "b.py:Own"]
    assert any(line.startswith("a.py:Own: no order: ") for line in lines)


def test_the_report_has_a_line_for_each_in_a_browser(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    assert command(*BOTH, "--report", path).returncode == 0
    with browser() as started:
        dom = Opened(started)(path)
    assert drawn(dom, "equity")
    chart = dom[dom.index('id="equity"', dom.index("</head>")) :]
    for name in ("sma_cross", "buy_and_hold", "Buy and hold"):
        assert f'data-unformatted="{name}"' in chart, name
    assert '<th class="n">sma_cross</th><th class="n">buy_and_hold</th>' in dom


def test_the_variable_names_one_algorithm_whose_path_may_have_spaces(tmp_path: Path) -> None:
    folder = tmp_path / "my algos"
    folder.mkdir()
    (folder / "own.py").write_text(OWN)
    environment = {"ALGO_SERVICE_ALGO": f"{folder / 'own.py'}:Own", "PATH": str(BIN)}
    ended = command("--data", "goog", env=environment)
    assert ended.stdout.startswith("Own (")

"""A backtest says what kept its algorithm from trading, and what failed, each reason once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from algo_service.backtest import backtest, sweep
from algo_service.engine.failures import MAX_REASONS, Failures
from algo_service.errors import AlgoServiceError, InitializeError
from portfolio import Portfolio
from tests.algo_service.test_backtest import command
from tests.support.processes import ROOT

BTC = ROOT / "tests" / "cases" / "12-btc.csv"
CROSS = {"fast": 5, "slow": 20, "cash": 10000}
QUOTES = [{"sid": "A", "quote": 10.0 + n % 5, "ts": 1.7e9 + n} for n in range(30)]

FAILING = """\
from portfolio import Portfolio


class Every:
    def initialize(self, params):
        self.portfolio = Portfolio(params["cash"])
        return ["quotes"]

    def event(self, data):
        self.divide(data)

    def divide(self, data):
        return 1 / 0


class Second(Every):
    def __init__(self):
        self.count = 0

    def divide(self, data):
        self.count += 1
        if self.count % 2:
            raise LookupError(f"quote {self.count}")


class Early(Every):
    def initialize(self, params):
        raise OSError("no such model")
"""


class Quiet:
    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        self.portfolio = Portfolio(params["cash"])
        return ["quotes"]

    def event(self, data: dict[str, Any]) -> None:
        pass


class Cautious(Quiet):
    """Fails at every quote where it is told to, and at none where it is not."""

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        self.fails = params["fails"]
        return super().initialize(params)

    def event(self, data: dict[str, Any]) -> None:
        if self.fails:
            raise ValueError("told to")
        self.portfolio.buy(data, 10)


def test_buys_that_one_unit_is_too_dear_for_are_counted_with_their_reason() -> None:
    result = backtest("sma_cross", BTC, {**CROSS, "units": "whole"})
    figures = result.figures()
    assert (figures["orders"], figures["not_placed"]) == (0, 8)
    assert {code: each.count for code, each in result.reasons.by_code().items()} == {
        "below_one_unit": 8
    }
    (line,) = [line for line in result.notes if line.startswith("no order: 8 buys, ")]
    assert result.reasons.by_code()["below_one_unit"].reason in line


def test_the_terminal_and_the_json_say_why_there_is_no_order() -> None:
    words = ["--algo", "sma_cross", "--param", "fast=5", "--param", "slow=20", "--cash", "10000",
             "--units", "whole", "--data", BTC]  # fmt: skip
    assert "\nno order: 8 buys, " in command(*words).stdout
    told = json.loads(command(*words, "--json").stdout)
    assert told["rejections"] == {"below_one_unit": 8}
    assert told["reasons"].keys() == {"below_one_unit"}
    assert any(note.startswith("no order: 8 buys, ") for note in told["notes"])


def test_an_algorithm_that_asks_for_nothing_is_said_to() -> None:
    result = backtest(Quiet, QUOTES, {"cash": 100})
    assert "no order: the algorithm asked for none at any of 30 quotes" in result.notes
    traded = backtest("buy_and_hold", QUOTES)
    assert not any(note.startswith("no order") for note in traded.notes)


def test_an_order_that_waits_at_the_end_is_told_with_its_instrument(tmp_path: Path) -> None:
    file = tmp_path / "btc.csv"
    file.write_text("\n".join(BTC.read_text().splitlines()[:2]) + "\n")
    result = backtest("buy_and_hold", file, {"fill": "next"})
    assert "1 order never filled: no later quote of BTCUSD came" in result.notes
    assert (result.figures()["orders"], result.figures()["not_filled"]) == (1, 1)
    filled = backtest("buy_and_hold", BTC, {"fill": "next"})
    assert filled.figures()["not_filled"] == 0


def test_what_a_limit_refuses_and_cuts_is_counted_by_limit() -> None:
    refusing = backtest("random", "goog", {"seed": 1, "exit": 0.3, "max_drawdown": 0.05})
    assert refusing.refused > 1
    (line,) = [line for line in refusing.notes if line.startswith("refused by a limit")]
    assert line.startswith(f"refused by a limit: {refusing.refused:,} buys, max_drawdown: ")
    cutting = backtest("sma_cross", "goog", {"max_order": 500})
    assert cutting.cut > 1
    told = f"cut by a limit: {cutting.cut} buys, max_order: "
    assert any(line.startswith(told) for line in cutting.notes)


def test_a_thousand_equal_errors_are_one_line(
    tmp_path: Path,
) -> None:
    """A thousand equal errors are one line with the line of the algorithm."""
    (tmp_path / "failing.py").write_text(FAILING)
    ended = command("--algo", "failing.py:Second", "--data", "goog", cwd=tmp_path)
    assert ended.returncode == 0
    lines = [line for line in ended.stdout.splitlines() if "LookupError" in line]
    assert lines == ["failed: 1,074 quotes: LookupError: quote 1 (failing.py, line 23, in divide)"]


def test_an_algorithm_that_always_fails_ends_the_command(
    tmp_path: Path,
) -> None:
    """An algorithm that fails at every quote ends the command with the reason."""
    (tmp_path / "failing.py").write_text(FAILING)
    words = ["--algo", "failing.py:Every", "--data", "goog"]
    for more in ([], ["--json"], ["--report", "r.html"]):
        ended = command(*words, *more, cwd=tmp_path)
        assert (ended.returncode, ended.stdout) == (2, "")
        assert ended.stderr == (
            "algo-service: Every: every one of 2,148 quotes failed: ZeroDivisionError: division by"
            " zero (failing.py, line 13, in divide)\n"
        )


def test_an_exception_in_initialize_shows_the_authors_lines(tmp_path: Path) -> None:
    (tmp_path / "failing.py").write_text(FAILING)
    ended = command("--algo", "failing.py:Early", "--data", "goog", cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "no such model" in ended.stderr.splitlines()[-1]
    assert 'failing.py", line 28, in initialize' in ended.stderr
    assert "driver.py" not in ended.stderr


def test_from_python_data_and_algorithms_without_a_good_quote_raise() -> None:
    with pytest.raises(AlgoServiceError, match=r"every one of 30 quotes failed: ValueError: told"):
        backtest(Cautious, QUOTES, {"fails": True})
    with pytest.raises(AlgoServiceError, match=r"the only quote failed: QuoteError: a quote is a"):
        backtest(Quiet, [5])
    spent = iter(QUOTES)
    assert backtest(Quiet, spent, {"cash": 100}).performance.quotes == 30
    with pytest.raises(AlgoServiceError, match="a generator gives its quotes once"):
        backtest(Quiet, spent, {"cash": 100})


def test_runs_that_fail_are_counted_by_a_sweep_and_not_ranked() -> None:
    swept = sweep(Cautious, QUOTES, {"fails": [True, False, True]})
    assert [row["fails"] for row in swept.rows] == [False]
    assert swept.failed == 2
    assert any(
        note.startswith("2 combinations failed: Cautious: every one of 30 quotes failed")
        for note in swept.notes
    )
    with pytest.raises(AlgoServiceError, match=r"no run came to a result: Cautious: every one"):
        sweep(Cautious, QUOTES, {"fails": [True]})


def test_errors_without_a_line_are_one_reason_in_bounded_memory() -> None:
    """Errors without a line are one reason whatever their values and memory is bounded."""
    failures = Failures()
    for n in range(1000):
        failures.add({"n": n}, {"error": f'QuoteError: "ts" is {n}: no time', "traceback": ""})
    assert [(each.count, each.quote) for each in failures.reasons] == [(1000, {"n": 0})]
    for n in range(1000):
        failures.add({}, {"error": f"E{'x' * n}: odd", "traceback": ""})
    assert len(failures.reasons) == MAX_REASONS
    assert failures.total == 2000
    assert (
        list(failures.lines())[-1] == f"failed: {1000 - MAX_REASONS + 1:,} quotes for other reasons"
    )


def test_the_last_of_a_chain_of_exceptions_tells_the_line(tmp_path: Path) -> None:
    (tmp_path / "chain.py").write_text(
        FAILING.replace("        return 1 / 0", "        try:\n            1 / 0\n"
                        "        except ZeroDivisionError:\n            raise KeyError('x')")
    )  # fmt: skip
    with pytest.raises(AlgoServiceError, match=r"KeyError: 'x' \(.*chain\.py, line 16, in divide"):
        backtest(f"{tmp_path / 'chain.py'}:Every", QUOTES)


def test_what_initialize_raises_has_a_type_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "failing.py").write_text(FAILING)
    with pytest.raises(InitializeError, match="no such model"):
        backtest(f"{tmp_path / 'failing.py'}:Early", QUOTES)

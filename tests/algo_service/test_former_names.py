"""Parameters have other names than in the version before: both are read, in journals too."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from algo_service import Engine
from algo_service.algorithms import BuyAndHold
from algo_service.journal.sqlite import SqliteStore
from algo_service.parameters import merge
from portfolio import PARAMETERS, ParameterError, Portfolio
from tests.support.processes import BIN

JOURNALS = Path(__file__).parent / "journals"
"""Each was written by the version before; its limit of drawdown has stopped all buying."""

DECLARED = {"largest_order": 600, "largest_position": 900, "largest_daily_loss": 0.3}


class Undeclared:
    """Declares no parameters, and so takes any."""

    def initialize(self, params: Mapping[str, Any]) -> list[str]:
        self.portfolio = Portfolio.from_params(params)
        return ["quotes"]

    def event(self, data: Any) -> None:
        self.portfolio.optimize(data)


def restored(folder: Path, name: str) -> Path:
    path = folder / "journal.db"
    with sqlite3.connect(path) as database:
        database.executescript((JOURNALS / f"former_names_{name}.sql").read_text())
    database.close()
    return path


def quote(n: int, price: float) -> dict[str, Any]:
    ts = f"2024-01-01T00:00:0{n}Z"
    return {"sid": "GOOG", "quote": price, "id": str(n), "channel": "quotes", "ts": ts}


@pytest.mark.parametrize("prefix", ["largest", "max"])
@pytest.mark.parametrize("layer", ["initialize", "overrides"])
@pytest.mark.parametrize(
    ("name", "algorithm", "params"),
    [("declared", BuyAndHold, DECLARED), ("undeclared", Undeclared, {"sizing": "all_in"})],
    ids=["declared", "undeclared"],
)
def test_a_journal_of_the_former_names_continues_with_either(
    tmp_path: Path, name: str, algorithm: Any, params: Mapping[str, Any], layer: str, prefix: str
) -> None:
    path = restored(tmp_path, name)
    params = {**params, "cash": 1000, "largest_drawdown": 0.2}
    params = {key.replace("largest", prefix): value for key, value in params.items()}
    overrides, given = (params, {}) if layer == "overrides" else ({}, params)
    journal = SqliteStore(path, "algo")
    engine = Engine(algorithm, "algo", overrides, seed=7, store=journal)
    assert engine.initialize(given) == ["quotes"]
    assert engine.initialize({}) == ["quotes"]  # those of the journal
    halt = engine.snapshot()["halt"]
    assert halt.startswith("largest_drawdown: the equity of ")
    engine.decide([quote(3, 80.0)])
    (decision,) = engine.decide([{"channel": "commands/algo", "id": "c", "command": "reset"}])
    assert json.loads(decision["reply"])["text"] == f"reset: {halt}"
    engine.decide([quote(4, 40.0)])
    assert engine.snapshot()["halt"].startswith("max_drawdown: the equity of ")
    journal.close()


@pytest.mark.parametrize("given", ["largest_drawdown", "max_drawdown"])
@pytest.mark.parametrize("name", ["declared", "undeclared"])
def test_a_journal_of_the_former_names_refuses_another_value(
    tmp_path: Path, name: str, given: str
) -> None:
    algorithm = {"declared": BuyAndHold, "undeclared": Undeclared}[name]
    journal = SqliteStore(restored(tmp_path, name), "algo")
    with pytest.raises(ParameterError, match=r"_drawdown=0.2, not 0.5"):
        Engine(algorithm, "algo", {given: 0.5}, seed=7, store=journal)
    journal.close()


def test_the_command_lists_a_journal_of_the_former_names(tmp_path: Path) -> None:
    path = restored(tmp_path, "declared")
    ended = subprocess.run(
        [sys.executable, BIN / "algo-service", "journal", path], text=True, capture_output=True
    )
    assert "largest_drawdown" in ended.stdout, ended.stderr


@pytest.mark.parametrize("declared", [PARAMETERS, None], ids=["declared", "undeclared"])
def test_the_later_layer_wins_by_whichever_name(declared: Any) -> None:
    for first, second in (("max", "largest"), ("largest", "max")):
        layers = {f"{first}_order": 100}, {f"{second}_order": 200}
        portfolio = Portfolio.from_params(merge(declared, *layers, seed=1))
        portfolio.buy({"sid": "GOOG", "quote": 1.0}, 500.0)
        assert portfolio.orders[-1].amount == 200.0


@pytest.mark.parametrize("declared", [PARAMETERS, None], ids=["declared", "undeclared"])
def test_two_names_of_one_limit_with_different_values_are_refused(declared: Any) -> None:
    with pytest.raises(ParameterError, match="is given twice: "):
        merge(declared, {"max_order": 100, "largest_order": 200}, seed=1)


@pytest.mark.parametrize("given", ["largest_drawdown", "max_drawdown"])
@pytest.mark.parametrize("read", ["largest_drawdown", "max_drawdown"])
@pytest.mark.parametrize("declared", [PARAMETERS, None], ids=["declared", "undeclared"])
def test_an_algorithm_reads_a_limit_by_either_name(declared: Any, read: str, given: str) -> None:
    class Reader(Undeclared):
        def initialize(self, params: Mapping[str, Any]) -> list[str]:
            assert read in params
            assert params[read] == params.get(read) == 0.2
            assert len({"largest_drawdown", "max_drawdown"} & set(params.keys())) == 1
            return super().initialize({**params})

    if declared:
        Reader.PARAMETERS = declared  # type: ignore[attr-defined]
    engine = Engine(Reader, "algo", {given: 0.2}, seed=1)
    assert engine.initialize({}) == ["quotes"]

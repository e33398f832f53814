"""Journals of a version in which the algorithms had no indicators: the state is read as it was."""

from __future__ import annotations

import math
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from algo_service import Engine
from algo_service.algorithms import BUILT_IN
from algo_service.commands.main import cli
from algo_service.journal.sqlite import SqliteStore

JOURNALS = Path(__file__).parent / "journals"
"""Each was written by that version, with `PARAMS` and the first `DECIDED` of the quotes."""

PARAMS: dict[str, dict[str, Any]] = {
    "sma_cross": {"fast": 2, "slow": 5},
    "mean_reversion": {"window": 5, "entry": 1},
    "momentum": {"lookback": 3},
}
DECIDED = 32


def quote(n: int) -> dict[str, Any]:
    sid = "C" if n % 11 == 0 else "AB"[n % 2]  # C has too few yet for a value
    price = round(100 + 10 * math.sin(n * 0.9) + n % 5, 2)
    return {"sid": sid, "quote": price, "id": str(n), "channel": "quotes"}


@pytest.mark.parametrize("name", PARAMS)
def test_a_journal_of_before_gives_its_orders_and_goes_on(tmp_path: Path, name: str) -> None:
    """A journal of before gives its orders byte for byte, and goes on as if it had not stopped."""
    path = tmp_path / "journal.db"
    with sqlite3.connect(path) as database:
        database.executescript((JOURNALS / f"without_indicators_{name}.sql").read_text())
    database.close()

    verified = CliRunner().invoke(cli, ["verify", str(path)])
    assert verified.exit_code == 0, verified.output

    undisturbed = Engine(BUILT_IN[name], name, {}, seed=7)
    undisturbed.initialize({"cash": 1000, **PARAMS[name]})
    expected = [undisturbed.decide([quote(n)])[0] for n in range(3 * DECIDED)]
    journal = SqliteStore(path, name)
    resumed = Engine(BUILT_IN[name], name, {}, seed=7, store=journal)
    decided = [resumed.decide([quote(n)])[0] for n in range(DECIDED, 3 * DECIDED)]
    journal.close()
    assert decided == expected[DECIDED:]
    assert sum(bool(decision["orders"]) for decision in decided) > 5

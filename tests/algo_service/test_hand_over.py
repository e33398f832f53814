"""The account of an algorithm is handed over to another one, in a service of its own."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zerorpc
from jsonschema import Draft202012Validator

from tests.algo_service.conftest import Service
from tests.support.processes import BIN, ROOT, Process

Serve = Callable[..., Service]
Connect = Callable[[Service], zerorpc.Client]

OLD = ("--algo", "random", "--name", "algo", "--param", "seed=7", "--param", "threshold=0.5")
NEW = ("--algo", "sma_cross", "--name", "algo", "--param", "fast=2", "--param", "slow=3")


def quotes(first: int, last: int) -> list[dict[str, Any]]:
    return [
        {
            "sid": ("GOOG", "AAPL", "600519")[n % 3],
            "quote": 100.0 + n * 7 % 11 + n / 7,
            "id": str(n),
            "channel": "quotes",
        }
        for n in range(first, last)
    ]


def refusal(call: Callable[..., Any], *args: object) -> tuple[str, str]:
    with pytest.raises(zerorpc.RemoteError) as raised:
        call(*args)
    return raised.value.name, raised.value.msg


def rows(journal: Path, query: str) -> list[tuple[Any, ...]]:
    with contextlib.closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as database:
        return database.execute(query).fetchall()


def verify(journal: Path, *options: object) -> str:
    process = Process(BIN / "algo-service", "verify", journal, *options)
    assert process.wait() == 0, process.output
    return process.output


@pytest.mark.parametrize("new_journal", [True, False], ids=["to a journal", "to memory"])
@pytest.mark.parametrize("old_journal", [True, False], ids=["from a journal", "from memory"])
def test_another_algorithm_goes_on_with_the_account(
    old_journal: bool, new_journal: bool, serve: Serve, connect: Connect, tmp_path: Path
) -> None:
    old = connect(serve(*OLD, *(("--journal", tmp_path / "old.db") if old_journal else ())))
    new = connect(serve(*NEW, *(("--journal", tmp_path / "new.db") if new_journal else ())))
    old.initialize({})
    decided = old.events(quotes(0, 60))
    before = old.snapshot()
    account = old.hand_over(1)
    plain = {name: value for name, value in account.items() if name != "recent"}
    Draft202012Validator(
        json.loads((ROOT / "contracts" / "account.schema.json").read_text())
    ).validate(plain)
    assert len(account["positions"]) == 3
    assert old.journal()["handed_over"]
    for method, args in (("initialize", [{}]), ("events", [quotes(60, 61)])):
        name, sentence = refusal(getattr(old, method), *args)
        assert name == "HandedOverError"
        assert sentence.startswith("algo was handed over after decision ")
    assert old.snapshot() == before
    new.initialize({"cash": 123.0})
    standing = new.take_over(account, 1)
    assert (standing["epoch"], standing["taken_over"]) == (1, 1)
    after = new.snapshot()
    assert after["parameters"]["starting_cash"] == 123
    assert after["seq"] >= before["seq"]
    for name in ("cash", "positions", "equity", "realised", "unrealised", "fees", "exposure"):
        assert after[name] == before[name], name
    assert after["quote_id"] == "59"
    assert new.events(quotes(50, 60)) == decided[50:]
    assert new.snapshot() == after
    new.events(quotes(55, 90))
    assert new.snapshot()["seq"] == after["seq"] + 30
    if new_journal:
        assert "no difference" in verify(tmp_path / "new.db")
    if old_journal:
        assert "no difference" in verify(tmp_path / "old.db")

"""A journal with a damage that SQLite does not notice is refused with a sentence."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from algo_service import Engine, RandomAlgo
from algo_service.errors import AlgoServiceError
from algo_service.journal.recording import Recording
from algo_service.journal.report import orders, summary
from algo_service.journal.sqlite import SqliteStore
from algo_service.trace.command import of_journal


def continue_with(path: Path) -> None:
    store = SqliteStore(path, "random")
    with closing(store):
        Engine(RandomAlgo, "random", {}, seed=7, store=store).initialize({"threshold": 0})


def repeat(path: Path) -> None:
    with closing(Recording(path)) as recording:
        list(recording.batches())
        recording.portfolio()


DAMAGES: list[tuple[str, Callable[[Path], Any]]] = [
    ("UPDATE orders SET text = CAST(x'ff' AS TEXT)", lambda path: list(orders(path))),
    ("UPDATE orders SET text = '{'", lambda path: of_journal(path, "1")),
    ("UPDATE state SET value = x'c1' WHERE name = 'portfolio'", lambda path: list(summary(path))),
    ("UPDATE state SET value = x'c1' WHERE name = 'portfolio'", repeat),
    ("UPDATE state SET value = x'c1' WHERE name = 'portfolio'", continue_with),
    ("UPDATE state SET value = x'80' WHERE name = 'portfolio'", lambda path: list(summary(path))),
    ("UPDATE state SET value = x'80' WHERE name = 'portfolio'", continue_with),
    ("UPDATE state SET value = x'c70007' WHERE name = 'portfolio'", continue_with),
    ("UPDATE state SET value = x'c70009' WHERE name = 'portfolio'", continue_with),
    ("UPDATE meta SET value = '{' WHERE name = 'parameters'", repeat),
    ("UPDATE meta SET value = '{' WHERE name = 'parameters'", continue_with),
    ("UPDATE meta SET value = '{}' WHERE name = 'parameters'", continue_with),
    ("UPDATE meta SET name = 'x' WHERE name = 'parameters'", continue_with),
]


@pytest.mark.parametrize(("damage", "read"), DAMAGES)
def test_a_damage_is_named_by_a_sentence(
    damage: str, read: Callable[[Path], Any], tmp_path: Path
) -> None:
    path = tmp_path / "journal.db"
    store = SqliteStore(path, "random")
    with closing(store):
        engine = Engine(RandomAlgo, "random", {}, seed=7, store=store)
        engine.initialize({"threshold": 0})
        quotes = [{"channel": "quotes", "id": str(n), "sid": "A", "quote": n} for n in range(1, 9)]
        engine.decide(quotes, 1e9)
    read(path)
    with closing(sqlite3.connect(path)) as database, database:
        assert database.execute(damage).rowcount
    with pytest.raises(AlgoServiceError, match=r"damaged|cannot be read|Could not decode"):
        read(path)

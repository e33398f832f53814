"""A journal that a disk has damaged."""

from __future__ import annotations

from functools import cache
from itertools import islice
from pathlib import Path

from hypothesis import strategies as st

from algo_service import RandomAlgo
from algo_service.engine.engine import Engine
from algo_service.errors import AlgoServiceError
from algo_service.journal.recording import Recording
from algo_service.journal.report import orders, summary
from algo_service.journal.sqlite import SqliteStore
from algo_service.trace.command import of_journal
from portfolio import ParameterError
from tests.fuzz.properties.files import folder
from tests.fuzz.properties.property import Property, refused

_PLACE = 3
"""Bytes of a place in the file; one follows that is written there."""


@cache
def whole() -> bytes:
    """Return a journal of some decisions."""
    path = folder() / "whole.db"
    engine = Engine(RandomAlgo, "random", {}, seed=7, store=SqliteStore(path, "random"))
    engine.initialize({"threshold": 0})
    command = {"channel": "commands/random", "id": "h", "command": "halt"}
    fields = {"channel": "quotes", "sid": "GOOG", "ts": "2024-01-10", "note": "é"}
    quotes = [{**fields, "id": str(n), "quote": 100.0 + n} for n in range(40)]
    engine.decide(quotes[:30], 1e9)
    engine.decide([command, *quotes[30:]], 1e9 + 1)
    engine._store.close()
    return path.read_bytes()


def damaged(edits: bytes) -> str:
    content = bytearray(whole())
    for at in range(0, len(edits) - _PLACE, _PLACE + 1):
        place = int.from_bytes(edits[at : at + _PLACE], "big") % len(content)
        content[place] = edits[at + _PLACE]
    path = folder() / "damaged.db"
    for each in path.parent.glob("damaged.db*"):
        each.unlink()
    path.write_bytes(content)
    found = ""
    for read in (summary, _orders, _trace, _recording, _opened):
        try:
            read(path)
            found += "+"
        except (AlgoServiceError, ParameterError) as error:
            refused(error)
            found += "-"
    return found


def _orders(path: Path) -> None:
    list(orders(path))


def _trace(path: Path) -> None:
    of_journal(path, "7")


def _recording(path: Path) -> None:
    recording = Recording(path)
    try:
        list(islice(recording.batches(), 10))
        recording.minutes()
        recording.portfolio()
    finally:
        recording.close()


def _opened(path: Path) -> None:
    store = SqliteStore(path, "random")
    try:
        engine = Engine(RandomAlgo, "random", {}, seed=7, store=store)
        engine.initialize({"threshold": 0})
        engine.decide([{"channel": "quotes", "id": "new", "sid": "GOOG", "quote": 1.0}], 1e9 + 2)
        engine.decide([{"channel": "quotes", "id": "7", "sid": "GOOG", "quote": 107.0}], 1e9 + 3)
    finally:
        store.close()


_edit = st.tuples(st.integers(0, 2 ** (8 * _PLACE) - 1), st.integers(0, 255)).map(
    lambda pair: pair[0].to_bytes(_PLACE, "big") + bytes([pair[1]])
)

PROPERTIES = {
    "journal": Property(st.lists(_edit, min_size=1, max_size=6).map(b"".join), damaged),
}

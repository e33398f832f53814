"""How the cost of a decision grows: `python -m benchmarks.growth [--quick]`.

The engine and its journal alone, in this process, in batches of 500 quotes as the bridge sends
them, with an order on every second quote. Values are CPU-µs per quote; the first row of each part
is what the others are to be compared with.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from algo_service.engine.engine import Engine
from algo_service.journal.sqlite import SqliteStore
from benchmarks.pipeline.peers.every_second import EverySecond

BATCH = 500
MEASURED = 20_000
"""Quotes of which the cost is the mean."""
INSTRUMENTS = (1, 10, 100, 1_000, 10_000)
KEPT = (MEASURED, 200_000, 1_000_000)
QUICK_KEPT = (MEASURED, 50_000)


class Run:
    """An engine that has begun, with a new journal."""

    def __init__(self, folder: Path, instruments: int):
        self._path = folder / "growth.journal"
        self._journal = SqliteStore(self._path, "growth")
        self._engine = Engine(EverySecond, "growth", {}, 1, self._journal)
        self._engine.initialize({})
        self._quotes = self._make(instruments)

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        self._journal.close()

    def _make(self, instruments: int) -> Iterator[dict[str, Any]]:
        n = 0
        while True:
            # two of each in turn, so that every instrument is bought
            sid = f"S{n // 2 % instruments}"
            yield {"sid": sid, "quote": 100.25 + n % 1000, "id": str(n), "channel": "quotes"}
            n += 1

    def decide(self, count: int) -> float:
        """Decide this number of quotes and return the CPU-µs that each took."""
        spent = 0.0
        for _ in range(0, count, BATCH):
            batch = [next(self._quotes) for _ in range(BATCH)]
            begun = time.process_time()
            self._engine.decide(batch)
            spent += time.process_time() - begun
        return spent / count * 1e6

    @property
    def size(self) -> float:
        """Megabytes of the journal."""
        return sum(file.stat().st_size for file in self._path.parent.glob("growth.journal*")) / 1e6


def by_instruments() -> None:
    """Print the cost by the number of positions that are held."""
    print(f"\n{'positions held':>20}{'µs per quote':>16}")
    for instruments in INSTRUMENTS:
        with tempfile.TemporaryDirectory() as folder, Run(Path(folder), instruments) as run:
            run.decide(max(MEASURED, 2 * instruments))  # until all of them are held
            print(f"{instruments:>20,}{run.decide(MEASURED):>16.1f}", flush=True)


def by_quotes(kept: tuple[int, ...]) -> None:
    """Print the cost by the number of decisions that the journal holds already."""
    print(f"\n{'decisions kept':>20}{'µs per quote':>16}{'journal, MB':>16}")
    with tempfile.TemporaryDirectory() as folder, Run(Path(folder), 1) as run:
        before = 0
        for count in kept:
            run.decide(count - before)
            before = count
            print(f"{count:>20,}{run.decide(MEASURED):>16.1f}{run.size:>16,.0f}", flush=True)


if __name__ == "__main__":
    by_instruments()
    by_quotes(QUICK_KEPT if "--quick" in sys.argv[1:] else KEPT)

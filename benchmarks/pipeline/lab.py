"""What the cases share: sizes, the order of runs, results that are kept, and tables."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from benchmarks.environment import PartyError

T = TypeVar("T")

LONG_RUNS = 3
"""At the most, of each case whose runs take half a minute or more."""


class Sizes(NamedTuple):
    """How much is measured."""

    quotes: int
    """in a run of throughput"""
    fewer: int
    """the same for aiomqtt, which is slower: a rate is a rate"""
    awaited: int
    """the same for the way of one awaited call per quote, which is slower by far"""
    waiting: int
    """at the broker, for catching up"""
    shared: int
    """that each of ten algorithms gets"""
    parked: int
    """at the broker, for memory"""
    seconds: Mapping[int, float]
    """of latency, by quotes per second"""


FULL = Sizes(
    quotes=100_000,
    fewer=25_000,
    awaited=2_000,
    waiting=200_000,
    shared=20_000,
    parked=1_000_000,
    seconds={1: 10, 100: 3, 1_000: 3, 5_000: 1},
)
QUICK = Sizes(
    quotes=30_000,
    fewer=10_000,
    awaited=1_000,
    waiting=40_000,
    shared=5_000,
    parked=100_000,
    seconds={1: 4, 100: 2, 1_000: 1, 5_000: 0.5},
)


class Section(NamedTuple):
    """A part of the table: one case."""

    title: str
    columns: tuple[str, ...]
    """Of values; the party's name comes before them, and the ratio after them."""
    rows: list[tuple[Any, ...]]


class Lab:
    """Runs measurements, and keeps what they gave.

    :param runs: how many of each.
    """

    def __init__(self, runs: int, sizes: Sizes):
        self.runs = runs
        self.sizes = sizes
        self.errors: list[str] = []
        self._kept: dict[tuple[str, str], list[Any]] = {}

    def measure(
        self, case: str, trials: Mapping[str, Callable[[], T]], most: int | None = None
    ) -> dict[str, list[T]]:
        """Run each trial as often as is asked for, in turns, unless that was done before.

        A trial that fails is run no more, and has no result.

        :param trials: by the name of the party.
        :param most: how many at the most, if not as many as the command line says.
        """
        new = [party for party in trials if (case, party) not in self._kept]
        for party in new:
            self._kept[case, party] = []
        failed = set()
        for turn in range(min(self.runs, most or self.runs)):
            for party in new:
                if party in failed:
                    continue
                print(f"bench: {case}: {party}, run {turn + 1}", file=sys.stderr)
                try:
                    self._kept[case, party].append(trials[party]())
                except (PartyError, AssertionError, OSError) as error:
                    failed.add(party)
                    self._kept[case, party] = []
                    self.errors.append(f"{case}: {party}: {error}")
        return {party: self._kept[case, party] for party in trials if self._kept[case, party]}


def rate_rows(rates: Mapping[str, list[float]], base: str) -> list[tuple[Any, ...]]:
    """Return a row per party: median, lowest, highest, and the base's median in its terms."""
    medians = {party: statistics.median(each) for party, each in rates.items()}
    return [
        (party, medians[party], min(each), max(each), ratio(medians.get(base), medians[party]))
        for party, each in rates.items()
    ]


def ratio(value: float | None, other: float | None) -> float | None:
    """Return a quotient, or None where there is none."""
    return value / other if value is not None and other else None


def percentile(values: Iterable[float], fraction: float) -> float:
    """Return the smallest value that at least this fraction of all does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))]


def show(sections: Iterable[Section]) -> None:
    """Print the sections as one table."""
    for section in sections:
        print(f"\n{section.title}")
        print(f"  {'':<50}" + "".join(f"{column:>16}" for column in section.columns))
        for name, *values in section.rows:
            print(f"  {name:<50}" + "".join(f"{_cell(value):>16}" for value in values))


def write(path: Path, lab: Lab, sections: Iterable[Section]) -> None:
    """Write the same as JSON."""
    report = {
        "runs": lab.runs,
        "sizes": lab.sizes._asdict(),
        "cases": [
            {
                "title": section.title,
                "rows": [
                    dict(zip(("party", *section.columns), row, strict=True)) for row in section.rows
                ],
            }
            for section in sections
        ],
        "errors": lab.errors,
    }
    path.write_text(json.dumps(report, indent=2) + "\n")


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if isinstance(value, float) and abs(value) < 100:
        return f"{value:.2f}"
    return f"{value:,.0f}"

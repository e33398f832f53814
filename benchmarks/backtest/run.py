"""Events per CPU-second of a backtest, against other engines and a loop by hand.

`python -m benchmarks.backtest.run` runs the rule of `quotes.py` over the same quotes in every
engine, each in a fresh process, in turns, and prints one table. The clock is `time.process_time`,
from the first event to the last: start-up, data and reports do not count. The last two columns are
what counts, for machines are noisy: the ratio to the fastest peer and to the floor.

Each peer has a virtual environment of its own in `.bench/`, made on first use.

All have to end with the same fills and, to the cent, the same equity. If they do not, or if a party
could not run, the command says so and its status is 1.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.environment import PartyError, environment, run

HERE = Path(__file__).parent


class Party(NamedTuple):
    """One of those compared."""

    name: str
    script: str
    """Beside this file; prints its result as one line of JSON."""
    requirements: str | None = None
    """What a peer's own environment holds; without it the script runs in this one."""


FLOOR = Party("floor", "floor.py")
PARTIES = [
    FLOOR,
    Party("tickwire", "tickwire_engine.py"),
    Party("backtesting", "peer_backtesting.py", "requirements-backtesting.txt"),
    Party("backtrader", "peer_backtrader.py", "requirements-backtrader.txt"),
    Party("nautilus_trader", "peer_nautilus.py", "requirements-nautilus.txt"),
]


def main() -> None:
    """Measure, print the table and write it where it is asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.backtest.run")
    parser.add_argument("--runs", type=int, default=5, help="of each party, in turns (default 5)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the table there, too")
    options = parser.parse_args()
    if options.runs < 1:
        parser.error(f"--runs is {options.runs}: it has to be at least 1")
    if options.json and not options.json.parent.is_dir():
        parser.error(f"--json is {options.json}: its folder does not exist")

    results, errors = measure(PARTIES, options.runs)
    rows = table(results)
    errors += disagreements(rows)
    show(rows)
    for error in errors:
        print(f"bench: {error}", file=sys.stderr)
    if options.json:
        report = {"runs": options.runs, "rows": rows, "errors": errors}
        options.json.write_text(json.dumps(report, indent=2) + "\n")
    if errors:
        sys.exit("bench: this comparison does not count")


def measure(parties: list[Party], runs: int) -> tuple[dict[Party, list[dict[str, Any]]], list[str]]:
    """Return the results of each party that could run, and a sentence for each that could not."""
    results, errors = {}, []
    pythons = {}
    for party in parties:
        try:
            requirements = HERE / party.requirements if party.requirements else None
            pythons[party] = environment(party.name, requirements)
            results[party] = []
        except PartyError as error:
            errors.append(f"{party.name} could not be installed:\n{error}")
    for _ in range(runs):
        for party in list(results):
            try:
                output = run(pythons[party], HERE / party.script)
                results[party].append(json.loads(output.splitlines()[-1]))
            except PartyError as error:
                errors.append(f"{party.name} could not run:\n{error}")
                del results[party]
    return results, errors


def table(results: dict[Party, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Return one row per party."""
    rates = {
        party: [each["events"] / each["cpu_seconds"] for each in runs]
        for party, runs in results.items()
    }
    medians = {party: statistics.median(each) for party, each in rates.items()}
    floor = medians.get(FLOOR)
    peer = max((medians[party] for party in medians if party.requirements), default=None)
    return [
        {
            "name": party.name,
            "version": runs[0]["version"],
            "events": [each["events"] for each in runs],
            "fills": [each["fills"] for each in runs],
            "equity": [each["equity"] for each in runs],
            "cpu_seconds": [each["cpu_seconds"] for each in runs],
            "events_per_cpu_second": medians[party],
            "lowest": min(rates[party]),
            "highest": max(rates[party]),
            "to_fastest_peer": medians[party] / peer if peer else None,
            "to_floor": medians[party] / floor if floor else None,
        }
        for party, runs in results.items()
    ]


def disagreements(rows: list[dict[str, Any]]) -> list[str]:
    """Return a sentence for each quantity in which the parties, or a party's runs, differ."""
    sentences = []
    for quantity in ("events", "fills", "equity"):
        seen = {row["name"]: sorted(set(row[quantity])) for row in rows}
        if len({value for values in seen.values() for value in values}) > 1:
            listed = ", ".join(
                f"{value} in {name}" for name, values in seen.items() for value in values
            )
            sentences.append(f"{quantity} differ: {listed}")
    return sentences


def show(rows: list[dict[str, Any]]) -> None:
    """Print the rows."""
    print(
        f"{'engine':<16}{'version':>12}{'fills':>7}{'equity':>14}"
        f"{'events/CPU-s, median':>22}{'lowest':>11}{'highest':>11}"
        f"{'to fastest peer':>17}{'to floor':>10}"
    )
    for row in rows:
        ratios = (row["to_fastest_peer"], row["to_floor"])
        peer, floor = ("-" if ratio is None else f"{ratio:.3f}" for ratio in ratios)
        print(
            f"{row['name']:<16}{row['version']:>12}{row['fills'][0]:>7}{row['equity'][0]:>14,.2f}"
            f"{row['events_per_cpu_second']:>22,.0f}{row['lowest']:>11,.0f}{row['highest']:>11,.0f}"
            f"{peer:>17}{floor:>10}"
        )


if __name__ == "__main__":
    main()

"""`python -m tests.fuzz`: looks for inputs of which a property does not hold, for some time."""

from __future__ import annotations

import hashlib
import random
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

import click

from tests.fuzz.properties import PROPERTIES
from tests.fuzz.search import Found, search

FOUND = Path(__file__).parent / "found"
EXAMPLES = 500
"""Inputs of a property, until the next one has its turn."""


@click.command()
@click.option("--seconds", default=600.0, show_default=True, help="How long to look.")
@click.option(
    "--only",
    type=click.Choice(sorted(PROPERTIES)),
    multiple=True,
    help="A property; repeatable. By default all take turns.",
)
@click.option("--seed", type=int, help="Of the random numbers; by default another one each time.")
def fuzz(seconds: float, only: tuple[str, ...], seed: int | None) -> None:
    """Look for inputs that are neither read nor refused.

    The smallest one that is found of each property is kept below tests/fuzz/found.
    """
    seed = random.SystemRandom().randrange(2**32) if seed is None else seed
    click.echo(f"--seed {seed}")
    names = [*(only or PROPERTIES)]
    totals = {name: Counter[str]() for name in names}
    bad: list[str] = []
    deadline = time.monotonic() + seconds
    turn = 0
    while time.monotonic() < deadline and len(bad) < len(names):
        name = names[turn % len(names)]
        turn += 1
        if name in bad:
            continue
        began = time.monotonic()
        outcomes, found = search(PROPERTIES[name], EXAMPLES, seed + turn)
        totals[name] += outcomes
        rate = sum(outcomes.values()) / (time.monotonic() - began)
        shown = ", ".join(f"{key} {n:,}" for key, n in totals[name].most_common(4))
        left = max(0, deadline - time.monotonic())
        click.echo(f"{left:5.0f} s left  {name:<10}{rate:7,.0f}/s  {shown}")
        if found is not None:
            bad.append(name)
            _report(name, found)
    click.echo(f"{sum(each.total() for each in totals.values()):,} inputs were tried")
    sys.exit(1 if bad else 0)


def _report(name: str, found: Found) -> None:
    path = FOUND / name / hashlib.sha256(found.payload).hexdigest()[:12]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(found.payload)
    traceback.print_exception(found.error)
    click.secho(f"{name}: {found.payload[:200]!r}, kept as {path}", fg="red")


if __name__ == "__main__":
    fuzz()

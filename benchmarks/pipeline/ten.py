"""Ten algorithms on one channel: every quote is decided ten times, each by a service of its own.

Decisions per second are counted from the first publish to each algorithm's last order, so that the
slowest one's are those of the last to end. Quotes are at QoS 0; the one algorithm alone gets ten
times as many of them, so that there are as many decisions.
"""

from __future__ import annotations

import statistics
from functools import partial
from typing import NamedTuple

from benchmarks.pipeline import parties
from benchmarks.pipeline.lab import LONG_RUNS, Lab, Section, ratio
from benchmarks.pipeline.stage import Stage

MANY = 10
MANY_ROUTES = f"{MANY} algorithms, one bridge"
WARMUP = 20_000
"""Quotes at the most: each of twenty processes has to have compiled its code."""


class Run(NamedTuple):
    """Decisions per second."""

    total: float
    slowest: float
    mean: float


def ten(lab: Lab) -> Section:
    """Ten algorithms, as routes of one bridge and with a bridge each, and one of them alone."""
    count = lab.sizes.shared
    trials = {
        MANY_ROUTES: partial(run, MANY, count, has_one_bridge=True),
        f"{MANY} algorithms, {MANY} bridges": partial(run, MANY, count, has_one_bridge=False),
        "one algorithm": partial(run, 1, MANY * count, has_one_bridge=True),
    }
    results = lab.measure("ten algorithms", trials, LONG_RUNS)
    totals = {
        name: statistics.median(each.total for each in runs) for name, runs in results.items()
    }
    rows = []
    for name, runs in results.items():
        slowest = statistics.median(each.slowest for each in runs)
        even = statistics.median(each.slowest / each.mean for each in runs)
        many = ratio(totals.get(MANY_ROUTES), totals[name])
        rows.append((name, totals[name], slowest, even, many))
    title = f"{MANY} algorithms on one channel, {count:,} quotes at QoS 0 for each"
    columns = ("all together/s", "slowest/s", "to the mean", "ten ÷ it")
    return Section(title, columns, rows)


def run(algorithms: int, count: int, has_one_bridge: bool) -> Run:
    """Measure this number of algorithms once."""
    warmup = min(count, WARMUP)
    with Stage() as stage:
        names = [f"a{n}" for n in range(algorithms)]
        addresses = [parties.service(stage, name=name) for name in names]
        if has_one_bridge:
            parties.bridge(stage, *addresses)
        else:
            for name, address in zip(names, addresses, strict=True):
                parties.bridge(stage, address, name=name)
        stage.exchange.ask("run", first=0, count=warmup, qos=0, algorithms=algorithms)
        answer = stage.exchange.ask("run", first=warmup, count=count, qos=0, algorithms=algorithms)
        orders = (warmup + count) // 2
        stage.exchange.ask("settle", algorithms=algorithms, orders=orders)
    seconds = [(end - answer["begin"]) / 1e9 for end in answer["ends"].values()]
    rates = [count / each for each in seconds]
    return Run(algorithms * count / max(seconds), min(rates), statistics.mean(rates))

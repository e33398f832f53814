"""How fast a moving average is published of quotes that wait at the broker, at QoS 1.

The program has made its session and was stopped; then the quotes were published. The clock runs
from the start of its process to the coming of the last message at mosquitto_sub. CPU-seconds are
those of the program alone, its start among them.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from benchmarks.pipeline.cost import cpu_seconds
from benchmarks.pipeline.lab import LONG_RUNS, Lab, Section, ratio
from benchmarks.pipeline.parties import PEERS
from benchmarks.pipeline.receiver import Receiver
from benchmarks.pipeline.stage import Stage
from tests.support.processes import Process


class Run(NamedTuple):
    """What one run gave."""

    rate: float
    """quotes per second"""
    cpu: float
    """seconds per million quotes"""


def _tickwire(stage: Stage) -> Process:
    options = ("--mqtt", stage.broker.url, "--state", stage.folder / "state")
    return stage.start("market-data", "indicators", "--indicator", "sma:2", *options)


def _paho(stage: Stage) -> Process:
    return stage.start("python", PEERS / "paho_average.py", stage.broker.port)


PROGRAMS: dict[str, Callable[[Stage], Process]] = {
    "market-data indicators --state": _tickwire,
    "paho-mqtt callback": _paho,
}


def averages(lab: Lab) -> Section:
    """The service of indicators, and a callback that keeps nothing."""
    count = lab.sizes.quotes
    trials = {name: partial(run, program, count) for name, program in PROGRAMS.items()}
    results = lab.measure("averages", trials, LONG_RUNS)
    medians = {
        name: Run(*(statistics.median(each) for each in zip(*runs, strict=True)))
        for name, runs in results.items()
    }
    ours = medians.get(next(iter(PROGRAMS)))
    rows = [
        (name, each.rate, each.cpu, ratio(ours and ours.rate, each.rate))
        for name, each in medians.items()
    ]
    title = f"a moving average of {count:,} quotes that wait at the broker, at QoS 1"
    return Section(title, ("median/s", "CPU s/million", "tickwire ÷ it"), rows)


def run(program: Callable[[Stage], Process], count: int) -> Run:
    """Measure a program once.

    :raises PartyError: if not every message came once and in order.
    """
    with Stage() as stage:
        session = program(stage)
        session.wait_for("subscribed")
        session.kill()
        messages = Receiver(
            stage, range(1, count), "indicators/sma-2/GOOG", lambda message: int(message["of"][1])
        )
        messages.start()
        stage.exchange.ask("publish", first=0, count=count, qos=1)
        begun = time.monotonic_ns()
        process = program(stage)
        ended = messages.end()
        spent = cpu_seconds(process.popen.pid)
    return Run(count / (ended - begun) * 1e9, spent / count * 1e6)

"""How fast quotes are decided that wait at the broker, at QoS 1, when the bridge starts.

The bridge has made its session and was stopped; then the quotes were published. The clock runs from
the start of its process to the coming of the last order, so that its own start-up is in it; that of
mosquitto_sub likewise to its end.
"""

from __future__ import annotations

import time
from functools import partial

from benchmarks.pipeline import parties, receiver
from benchmarks.pipeline.lab import LONG_RUNS, Lab, Section, rate_rows
from benchmarks.pipeline.receiver import Receiver
from benchmarks.pipeline.stage import Stage
from benchmarks.pipeline.throughput import COLUMNS


def catch_up(lab: Lab) -> Section:
    """Tickwire with and without a journal, and mosquitto_sub draining the same queue."""
    count = lab.sizes.waiting
    trials = {
        parties.TICKWIRE.name: partial(run, count, journal=False),
        parties.JOURNAL.name: partial(run, count, journal=True),
        receiver.NAME: partial(receive, count),
    }
    rates = lab.measure("catching up", trials, LONG_RUNS)
    title = f"catching up with {count:,} quotes that wait at the broker, at QoS 1"
    return Section(title, COLUMNS, rate_rows(rates, parties.TICKWIRE.name))


def run(count: int, journal: bool) -> float:
    """Return the quotes per second of one run."""
    with Stage() as stage:
        address = parties.service(stage, journal=journal)
        parties.bridge(stage, address).stop()
        stage.exchange.ask("publish", first=0, count=count, qos=1)
        stage.exchange.begin("expect", orders=count // 2)
        begun = time.monotonic_ns()
        parties.bridge(stage, address)
        (end,) = stage.exchange.end()["ends"].values()
        stage.exchange.ask("settle", orders=count // 2)
    return count / (end - begun) * 1e9


def receive(count: int) -> float:
    """Return the quotes per second that mosquitto_sub receives."""
    with Stage() as stage:
        party = Receiver(stage, range(count))
        stage.exchange.ask("publish", first=0, count=count, qos=1)
        begun = time.monotonic_ns()
        party.start()
        return count / (party.end() - begun) * 1e9

"""From the time at which a quote was to be sent to the coming of its order, in an open loop.

The exchange sends quotes at QoS 1 by the clock, whatever became of those before
(exchange/pacer.mjs), and receives the orders: one process, one clock. A quote that leaves late
because its sender was held up counts from when it should have left, and a party that cannot
keep the rate has a queue that grows, and a latency that grows with the run. The quotes of a warm-up
of one second do not count.

The broker writes its sessions to the disk every 5 seconds and confirms nothing meanwhile; where
that falls into a run, it is the run's worst latency, for every party.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from benchmarks.pipeline import parties
from benchmarks.pipeline.cost import fsync_times
from benchmarks.pipeline.lab import LONG_RUNS, Lab, Section, percentile, ratio
from benchmarks.pipeline.parties import Party
from benchmarks.pipeline.stage import Stage

FRACTIONS = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999, "worst": 1.0}
WARMUP = 1000
OURS = (parties.TICKWIRE, parties.JOURNAL)
DISK = "this disk's fsync of 4 KiB"

Percentiles = dict[str, float]
"""In ms."""


def latency(lab: Lab) -> Section:
    """Tickwire with and without a journal, an MQTT.js program, and one awaited call per quote."""
    compared = (*OURS, parties.ECHO, parties.ARTICLE)
    trials = {party.name: partial(run, party, lab.sizes.seconds) for party in compared}
    results = lab.measure("latency", trials, LONG_RUNS)
    disk = lab.measure("the disk", {DISK: fsync})[DISK]
    rows = []
    for rate in lab.sizes.seconds:
        medians = {party: _medians([run[rate] for run in runs]) for party, runs in results.items()}
        ours = medians.get(parties.TICKWIRE.name)
        for party, values in medians.items():
            shares = (ratio(ours and ours[each], values[each]) for each in ("p50", "p99"))
            text = " / ".join("-" if share is None else f"{share:.2f}" for share in shares)
            rows.append((f"{rate:,}/s: {party}", *values.values(), text))
    rows.append((DISK, *_medians(disk).values(), None))
    columns = (*(f"{name}, ms" for name in FRACTIONS), "p50, p99 ÷ its")
    return Section("latency at QoS 1, open loop", columns, rows)


def run(party: Party, seconds: Mapping[int, float]) -> dict[int, Percentiles]:
    """Measure a party at every rate, one after the other; returns them by rate."""
    latencies: dict[int, Percentiles] = {}
    with Stage() as stage:
        party.start(stage)
        stage.exchange.ask("pace", first=0, count=WARMUP, rate=WARMUP)
        first = WARMUP
        for rate, length in seconds.items():
            count = max(2, int(rate * length) // 2 * 2)
            times = stage.exchange.ask("pace", first=first, count=count, rate=rate)["latencies"]
            latencies[rate] = _percentiles(times)
            first += count
    return latencies


def fsync() -> Percentiles:
    """Measure the disk that the journals are on."""
    with tempfile.TemporaryDirectory(prefix="tickwire-bench-") as folder:
        return _percentiles(fsync_times(Path(folder)))


def _percentiles(times: Iterable[float]) -> Percentiles:
    ordered = sorted(times)
    return {name: percentile(ordered, fraction) for name, fraction in FRACTIONS.items()}


def _medians(runs: list[Percentiles]) -> Percentiles:
    return {name: statistics.median(run[name] for run in runs) for name in FRACTIONS}

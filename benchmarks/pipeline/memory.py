"""Resident memory of each process: at rest, the highest under load, and with quotes waiting.

Under load quotes come at QoS 1 as fast as the broker takes them. Then the algorithm is held inside
of one quote while many more are published, so that they wait at the broker; after that it is let
go, and every one of them has to lead to its order.
"""

from __future__ import annotations

import statistics

from benchmarks.pipeline import parties
from benchmarks.pipeline.cost import megabytes, peaks
from benchmarks.pipeline.lab import Lab, Section
from benchmarks.pipeline.stage import Stage

TIMES = ("at rest", "under load", "waiting")


def memory(lab: Lab) -> Section:
    """Tickwire with a journal, once: memory is not noisy."""
    results = lab.measure("memory", {"tickwire": lambda: run(lab)}, most=1).get("tickwire", [])
    rows = [
        (role, *(statistics.median(each[role][time] for each in results) for time in TIMES), None)
        for role in (results[0] if results else ())
    ]
    title = f"memory, with {lab.sizes.parked:,} quotes waiting at the broker"
    return Section(title, (*(f"{time}, MB" for time in TIMES), ""), rows)


def run(lab: Lab) -> dict[str, dict[str, float]]:
    """Return megabytes by role and time."""
    quotes, parked = lab.sizes.quotes, lab.sizes.parked
    with Stage() as stage:
        hold = stage.folder / "hold"
        environment = {"BENCH_HOLD": str(hold)}
        address = parties.service(stage, "Held", journal=True, env=environment)
        parties.bridge(stage, address)
        seen = {"at rest": {role: megabytes(pid) for role, pid in stage.pids.items()}}
        with peaks(stage.pids) as seen["under load"]:
            stage.exchange.ask("run", first=0, count=quotes, qos=1)
        hold.touch()
        with peaks(stage.pids) as seen["waiting"]:
            stage.exchange.ask("publish", first=quotes, count=parked, qos=1)
        hold.unlink()
        stage.exchange.ask("expect", orders=(quotes + parked) // 2)
    return {role: {time: seen[time][role] for time in TIMES} for role in stage.parts}

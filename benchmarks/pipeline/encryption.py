"""What encryption costs: CURVE between bridge and service, TLS between bridge and broker.

The exchange, which publishes and receives, is no part of it: its connection is in the clear, and so
the broker encrypts what it sends to the bridge and what it gets from it, once each.
"""

from __future__ import annotations

import statistics
from functools import partial

from benchmarks.pipeline import parties
from benchmarks.pipeline.lab import Lab, Section, ratio
from benchmarks.pipeline.throughput import EXCHANGE, Run, run

PARTIES = (parties.JOURNAL, parties.CURVE, parties.TLS, parties.CURVE_AND_TLS)


def encryption(lab: Lab) -> Section:
    """Quotes at QoS 1 with a journal, in the clear and encrypted: rates, and CPU-seconds."""
    trials = {party.name: partial(run, party, lab.sizes.quotes, 1) for party in PARTIES}
    results = lab.measure("encryption", trials)
    costs = {party: _costs(runs) for party, runs in results.items()}
    rates = {
        party: statistics.median(each.rate for each in runs) for party, runs in results.items()
    }
    plain = parties.JOURNAL.name
    rows = []
    for party, cost in costs.items():
        base = costs.get(plain, {})
        rows.append((f"{party}: quotes/s", rates[party], ratio(rates[party], rates.get(plain))))
        for role, seconds in cost.items():
            rows.append((f"{party}: {role}", seconds, ratio(seconds, base.get(role))))
    title = "encryption, quotes at QoS 1: quotes per second, and CPU-seconds per million quotes"
    return Section(title, ("median", "÷ in the clear"), rows)


def _costs(runs: list[Run]) -> dict[str, float]:
    roles = [role for role in runs[0].cpu if role != EXCHANGE]
    costs = {role: statistics.median(each.cpu[role] for each in runs) for role in roles}
    return {**costs, "all": sum(costs.values())}

"""Quotes per second from the first publish to the coming of the last order, and what they cost.

The exchange publishes as fast as the broker takes. Before the clock starts, a warm-up of quotes has
gone through, orders and all. Every party publishes its orders at QoS 1. Where it says arrays, a
message holds many quotes, and the orders of a call are one message. The receiver that publishes
none, mosquitto_sub, is the ceiling; its clock ends when it has ended.

CPU-seconds are those of the party's processes and of mosquitto in the same time, of the same runs.
"""

from __future__ import annotations

import statistics
from functools import partial
from typing import NamedTuple

from benchmarks.pipeline import parties, receiver
from benchmarks.pipeline.cost import cpu_seconds
from benchmarks.pipeline.lab import Lab, Section, rate_rows, ratio
from benchmarks.pipeline.parties import Party
from benchmarks.pipeline.receiver import Receiver
from benchmarks.pipeline.stage import Stage

COLUMNS = ("median/s", "lowest/s", "highest/s", "tickwire ÷ it")


EXCHANGE = "(the exchange, not counted)"


class Run(NamedTuple):
    """What one run gave."""

    rate: float
    """quotes per second"""
    cpu: dict[str, float]
    """seconds per million quotes, by the role of the process"""


def qos0(lab: Lab) -> Section:
    """Quotes at QoS 0, against other ways to run the same rule."""
    compared = {
        **_trials(lab, 0, parties.TICKWIRE, parties.ARRAYS, parties.ORDERS_ONLY, parties.PAHO),
        parties.AIOMQTT.name: partial(run, parties.AIOMQTT, lab.sizes.fewer, 0),
        parties.ARTICLE.name: partial(run, parties.ARTICLE, lab.sizes.awaited, 0),
        receiver.NAME: partial(receive, lab.sizes.quotes, 0),
    }
    return _section(lab, 0, compared, parties.TICKWIRE)


def qos1(lab: Lab) -> Section:
    """Quotes at QoS 1, nothing lost and nothing doubled, against peers that keep nothing."""
    compared = {
        **_trials(lab, 1, parties.JOURNAL, parties.JOURNAL_ARRAYS, parties.TICKWIRE, parties.PAHO),
        parties.AIOMQTT.name: partial(run, parties.AIOMQTT, lab.sizes.fewer, 1),
        receiver.NAME: partial(receive, lab.sizes.quotes, 1),
    }
    return _section(lab, 1, compared, parties.JOURNAL)


def cpu(lab: Lab) -> Section:
    """CPU-seconds of each process per million quotes."""
    rows = []
    compared = (
        (0, parties.TICKWIRE, parties.ARRAYS),
        (1, parties.JOURNAL, parties.JOURNAL_ARRAYS),
    )
    for qos, ours, arrays in compared:
        results = lab.measure(_name(qos), _trials(lab, qos, ours, arrays, parties.PAHO))
        costs = {
            party: {
                role: statistics.median(each.cpu[role] for each in runs) for role in runs[0].cpu
            }
            for party, runs in results.items()
        }
        totals = {
            party: sum(seconds for role, seconds in each.items() if role != EXCHANGE)
            for party, each in costs.items()
        }
        for party, each in costs.items():
            for role, seconds in each.items():
                rows.append((f"QoS {qos}: {party}: {role}", seconds, None))
            share = ratio(totals.get(ours.name), totals[party])
            rows.append((f"QoS {qos}: {party}: all", totals[party], share))
    title = "CPU-seconds per million quotes, at full throughput"
    return Section(title, ("median", "tickwire ÷ it"), rows)


def _name(qos: int) -> str:
    return f"throughput, QoS {qos}"


def _trials(lab: Lab, qos: int, *compared: Party) -> dict[str, partial[Run]]:
    return {party.name: partial(run, party, lab.sizes.quotes, qos) for party in compared}


def _section(lab: Lab, qos: int, compared: dict[str, partial[Run]], ours: Party) -> Section:
    results = lab.measure(_name(qos), compared)
    rates = {party: [each.rate for each in runs] for party, runs in results.items()}
    fewer = f"{parties.AIOMQTT.name}: {lab.sizes.fewer:,}"
    if parties.ARTICLE.name in compared:
        fewer += f"; {parties.ARTICLE.name}: {lab.sizes.awaited:,}"
    title = f"throughput, quotes at QoS {qos}, {lab.sizes.quotes:,} of them ({fewer})"
    return Section(title, COLUMNS, rate_rows(rates, ours.name))


def run(party: Party, count: int, qos: int) -> Run:
    """Measure a party once."""
    warmup = count // 5 // 2 * 2
    with Stage() as stage:
        party.start(stage)
        stage.exchange.ask("run", first=0, count=warmup, qos=qos, array=party.array)
        pids = {**stage.pids, EXCHANGE: stage.exchange.popen.pid}
        before = {role: cpu_seconds(pid) for role, pid in pids.items()}
        answer = stage.exchange.ask("run", first=warmup, count=count, qos=qos, array=party.array)
        spent = {role: cpu_seconds(pid) - before[role] for role, pid in pids.items()}
        stage.exchange.ask("settle", orders=(warmup + count) // 2)
    (end,) = answer["ends"].values()
    per_million = {role: seconds / count * 1e6 for role, seconds in spent.items()}
    return Run(count / (end - answer["begin"]) * 1e9, per_million)


def receive(count: int, qos: int) -> Run:
    """Measure mosquitto_sub once."""
    warmup = count // 10
    with Stage() as stage:
        party = Receiver(stage, range(warmup + count))
        party.start()
        stage.exchange.ask("publish", first=0, count=warmup, qos=qos)
        party.wait_for(warmup)
        answer = stage.exchange.ask("publish", first=warmup, count=count, qos=qos)
        end = party.end()
    return Run(count / (end - answer["begin"]) * 1e9, {})

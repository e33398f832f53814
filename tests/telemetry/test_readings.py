"""Metrics that are read when they are collected."""

from __future__ import annotations

from collections import Counter

from prometheus_client import CollectorRegistry, generate_latest

from telemetry.readings import Readings


def test_each_collection_has_the_present_values() -> None:
    registry = CollectorRegistry()
    readings = Readings(registry)
    count: Counter[str] = Counter()
    level: list[float | None] = [None]
    readings.counter("tickwire_things_total", "Things", count.total)
    readings.counters("tickwire_refused_total", "Refused", "code", lambda: count)
    readings.gauge("tickwire_level", "How high it is", lambda: level[0])
    assert b"tickwire_things_total 0.0\n" in generate_latest(registry)
    count["empty"] += 2
    level[0] = 1.5
    assert generate_latest(registry).decode() == (
        "# HELP tickwire_things_total Things\n"
        "# TYPE tickwire_things_total counter\n"
        "tickwire_things_total 2.0\n"
        "# HELP tickwire_refused_total Refused\n"
        "# TYPE tickwire_refused_total counter\n"
        'tickwire_refused_total{code="empty"} 2.0\n'
        "# HELP tickwire_level How high it is\n"
        "# TYPE tickwire_level gauge\n"
        "tickwire_level 1.5\n"
    )


def test_what_has_no_value_is_left_out() -> None:
    registry = CollectorRegistry()
    Readings(registry).gauge("tickwire_level", "How high it is", lambda: None)
    assert generate_latest(registry) == b""


def test_labels_of_all_come_before_a_metrics_own() -> None:
    registry = CollectorRegistry()
    readings = Readings(registry, algo='a"b')
    readings.gauge("tickwire_level", "How high it is", lambda: 2)
    readings.counters("tickwire_refused_total", "Refused", "code", lambda: {"empty": 1})
    text = generate_latest(registry).decode()
    assert 'tickwire_level{algo="a\\"b"} 2.0\n' in text
    assert 'tickwire_refused_total{algo="a\\"b",code="empty"} 1.0\n' in text

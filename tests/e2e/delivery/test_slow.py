"""An event that takes longer than heartbeats may be away (case 15)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import ROOT
from tests.support.watcher import Watcher

CASE = ROOT / "tests" / "cases" / "15_slow.py"
SECONDS = "12"
"""A caller that hears no beat for 10 s gives up."""


@pytest.mark.parametrize("kind", ["sleep", "loop"])
def test_quotes_of_a_slow_algorithm_are_decided_once(
    kind: str, mosquitto: Broker, parts: Parts, watch: Callable[..., Watcher]
) -> None:
    """Quotes of an algorithm that takes long are decided once and nobody reconnects."""
    service = parts.service("--algo", f"{CASE}:Slow", env={"SLOW": kind, "SLOW_SECONDS": SECONDS})
    bridge = parts.bridge(mosquitto, service)
    watcher = watch(mosquitto)
    ids = [str(n) for n in range(1, 6)]
    for each in ids:  # the third is slow
        watcher.publish({"sid": "GOOG", "quote": 100, "id": each})
    orders = watcher.wait("orders/Slow", len(ids), patience=90)
    assert [order["quote_id"] for order in orders] == ids
    service.wait_for("^decides 5 5$")  # an order may be here before the line is read
    decided = [line for line in service.output.splitlines() if line.startswith("decides ")]
    assert decided == [f"decides {n} {n}" for n in ids]
    assert "lost" not in bridge.output
    assert bridge.output.count("is ready") == 1
    assert watcher.of("errors/Slow") == []

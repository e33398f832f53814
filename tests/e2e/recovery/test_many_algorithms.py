"""One bridge finds and serves fifty algorithms, is killed, and is started again."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path

from tests.support.brokers import Broker
from tests.support.flow import Flow
from tests.support.parts import Parts, status
from tests.support.processes import ROOT, Process, eventually, free_port
from tests.support.watcher import Watcher

COUNT = 50
NAMES = [f"a{n}" for n in range(COUNT)]
MAX_MEMORY = 250
"""MB of one bridge, at its peak."""
LARGE = 4
"""Quotes of the largest size that come at once."""
LARGEST = json.loads((ROOT / "contracts" / "limits.json").read_text())["message"]["bytes"]

EXAMPLES = json.loads((ROOT / "contracts" / "examples" / "algo.json").read_text())


def peak(process: Process) -> float:
    """The largest resident memory of a process so far, in MB."""
    text = Path(f"/proc/{process.popen.pid}/status").read_text()
    (kilobytes,) = re.findall(r"^VmHWM:\s+(\d+) kB$", text, re.MULTILINE)
    return int(kilobytes) / 1024


def test_fifty_algorithms_lose_nothing_when_their_bridge_is_killed(
    mosquitto: Broker, parts: Parts, start: Callable[..., Process], watch: Callable[..., Watcher]
) -> None:
    ports = [free_port() for _ in NAMES]
    start("python", "-m", "tests.support.backends", *ports).wait_for(f"serving {COUNT}")
    watcher = watch(mosquitto, "orders/+", "bridges/+")

    def bridge() -> Process:
        return parts.discovering(mosquitto, "--log-level", "warn", ready=False)

    def claimed(process: Process) -> bool:
        pids = [watcher.raw(f"bridges/{name}")[-1:] for name in NAMES]
        return all(f'"pid":{process.popen.pid}}}' in "".join(each) for each in pids)

    def have(count: int) -> bool:
        return all(len(watcher.raw(f"orders/{name}")) >= count for name in NAMES)

    first = bridge()
    for name, port in zip(NAMES, ports, strict=True):
        address = f"tcp://127.0.0.1:{port}"
        record = {**EXAMPLES["valid"][0]["message"], "name": name, "address": address}
        watcher.client.publish(f"algos/{name}", json.dumps(record), qos=1, retain=True)
    eventually(lambda: claimed(first), "fifty claims")
    eventually(lambda: status(first) == 200, "fifty sessions")
    with Flow(mosquitto, rate=20) as flow:
        eventually(lambda: have(20), "orders of all")
        peaks = [peak(first)]
        first.kill()
        second = bridge()
        eventually(lambda: claimed(second), "fifty claims of the next bridge", 60)
    for name in NAMES:
        topic = f"orders/{name}"
        eventually(
            lambda topic=topic: len({order["id"] for order in watcher.of(topic)}) == flow.count,
            f"all orders of {name}",
        )
    peaks.append(peak(second))
    large = [f"large-{n}" for n in range(LARGE)]
    for quote_id in large:
        quote = {"sid": "GOOG", "quote": 100, "id": quote_id, "note": ""}
        quote["note"] = "x" * (LARGEST - len(json.dumps(quote)))
        watcher.client.publish("quotes", json.dumps(quote), qos=1)
    for name in NAMES:
        topic = f"orders/{name}"
        eventually(
            lambda topic=topic: {order["id"] for order in watcher.of(topic)} >= set(large),
            f"the orders of {name} for large quotes",
        )
    peaks.append(peak(second))
    sys.stdout.write(f"peaks of memory in MB: {[round(each) for each in peaks]}\n")
    assert max(peaks) < MAX_MEMORY
    assert second.stop() == 0

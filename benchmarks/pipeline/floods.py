"""The highest resident memory of a bridge with fifty routes that is flooded.

Quotes are published at QoS 1 as fast as the broker takes them, and every algorithm gets each of
them. In half of the runs all backends are blocked until the bridge has read what it reads.
"""

from __future__ import annotations

import json
import signal
import threading
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt

from benchmarks.pipeline import parties
from benchmarks.pipeline.cost import cpu_seconds, highest_megabytes
from benchmarks.pipeline.lab import LONG_RUNS, Lab, Section
from benchmarks.pipeline.stage import Stage
from tests.support.processes import ROOT, eventually, free_port

ROUTES = 50
PATIENCE = 300.0
LIMITS = json.loads((ROOT / "contracts" / "limits.json").read_text())["message"]


class Flood(NamedTuple):
    """What is published."""

    name: str
    messages: int
    quotes: int = 0
    """In the array of each message; 0 for single ones."""
    is_large: bool = False
    """Whether a text makes the message as large as the contract allows."""

    def message(self, n: int) -> str:
        """Return the n-th message."""
        if self.quotes:
            return json.dumps([_quote(n * self.quotes + each) for each in range(self.quotes)])
        quote = _quote(n)
        if self.is_large:
            quote["note"] = ""
            quote["note"] = "x" * (LIMITS["bytes"] - len(json.dumps(quote)))
        return json.dumps(quote)


FLOODS = (
    Flood("single quotes", 4000),
    Flood(f"arrays of {LIMITS['array_quotes']:,} quotes", 12, quotes=LIMITS["array_quotes"]),
    Flood("messages of 1 MiB", 12, is_large=True),
)


def floods(lab: Lab) -> Section:
    """Each flood, with backends that decide and with blocked ones."""
    trials: dict[str, Callable[[], float]] = {}
    for flood in FLOODS:
        trials[flood.name] = partial(run, flood, is_blocked=False)
        trials[f"{flood.name}, all backends blocked"] = partial(run, flood, is_blocked=True)
    results = lab.measure("floods", trials, LONG_RUNS)
    rows = [(name, min(each), max(each), None) for name, each in results.items()]
    title = f"memory of a bridge with {ROUTES} routes under a flood, at its highest"
    return Section(title, ("lowest run, MB", "highest run, MB", ""), rows)


def run(flood: Flood, is_blocked: bool, routes: int = ROUTES) -> float:
    """Return the megabytes, once every quote has led to its order."""
    with Stage() as stage:
        ports = [free_port() for _ in range(routes)]
        backends = stage.start("python", "-m", "tests.support.backends", *ports)
        backends.wait_for("serving")
        bridge = parties.bridge(stage, *(f"tcp://127.0.0.1:{port}" for port in ports))
        pid = bridge.popen.pid
        orders: Counter[str] = Counter()
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        client.on_message = partial(_count, orders)
        subscribed = threading.Event()
        client.on_subscribe = lambda *_: subscribed.set()
        client.connect("127.0.0.1", stage.broker.port)
        client.subscribe("orders/+")
        client.loop_start()
        try:
            eventually(subscribed.is_set, "the subscription to orders")
            if is_blocked:
                backends.signal(signal.SIGSTOP)
            for n in range(flood.messages):
                client.publish("quotes", flood.message(n), qos=1)
            if is_blocked:
                _await_rest(pid)
                backends.signal(signal.SIGCONT)
            count = routes * flood.messages * max(flood.quotes, 1)
            eventually(lambda: orders.total() >= count, f"{count:,} orders", PATIENCE)
        finally:
            client.disconnect()
            client.loop_stop()
        return highest_megabytes(pid)


def _quote(n: int) -> dict[str, Any]:
    return {"sid": "GOOG", "quote": 100 + n % 7, "id": str(n)}


def _count(orders: Counter[str], _client: mqtt.Client, _: Any, message: mqtt.MQTTMessage) -> None:
    orders[message.topic] += 1


def _await_rest(pid: int) -> None:
    """Wait until a process has spent little of a second."""
    second = threading.Event()
    before = cpu_seconds(pid)
    while not second.wait(1):
        now = cpu_seconds(pid)
        if now - before < 0.05:
            return
        before = now

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
PATIENCE = 600.0
LIMITS = json.loads((ROOT / "contracts" / "limits.json").read_text())["message"]


class Flood(NamedTuple):
    """What is published."""

    name: str
    messages: int
    quotes: int
    """In each message."""
    message: Callable[[int], str]
    """Makes the n-th of them."""


def _quote(n: int, **others: Any) -> dict[str, Any]:
    return {"sid": "GOOG", "quote": 100 + n % 7, "id": str(n), **others}


def _array(n: int) -> str:
    return json.dumps([_quote(n * ARRAY + each) for each in range(ARRAY)])


def _shorthand(n: int) -> str:
    prices = {f"s{each}": 100 + each % 7 for each in range(LIMITS["shorthand_quotes"])}
    return json.dumps({"id": str(n), **prices}, separators=(",", ":"))


def _text(n: int) -> str:
    empty = json.dumps(_quote(n, note=""))
    return json.dumps(_quote(n, note="x" * (LIMITS["bytes"] - len(empty))))


def _fields(n: int) -> str:
    fields = {f"f{each:05}": each / 8 for each in range(60_000)}
    message = json.dumps(_quote(n, **fields), separators=(",", ":"))
    assert len(message) <= LIMITS["bytes"]
    return message


def _list_of(element: str, size: int = LIMITS["bytes"]) -> Callable[[int], str]:
    """Make quotes with a list that fills a message of this size."""

    def message(n: int) -> str:
        head = json.dumps(_quote(n, list=[]), separators=(",", ":")).removesuffix("]}")
        count = (size - len(head) - 2) // (len(element) + 1)
        return head + ",".join([element] * count) + "]}"

    return message


ARRAY = LIMITS["array_quotes"]
FLOODS = (
    Flood("single quotes", 4000, 1, lambda n: json.dumps(_quote(n))),
    Flood(f"arrays of {ARRAY:,} quotes", 12, ARRAY, _array),
    Flood(
        f"maps of {LIMITS['shorthand_quotes']:,} prices", 40, LIMITS["shorthand_quotes"], _shorthand
    ),
    Flood("1 MiB, a text", 6, 1, _text),
    Flood("1 MiB, 60,000 fields", 6, 1, _fields),
    Flood("1 MiB, a list of 95,000 numbers", 6, 1, _list_of("0.12345678")),
    Flood("300 kB, a list of 99,000 empty maps", 6, 1, _list_of("{}", 297_000)),
    Flood("100 kB, a list of empty maps", 120, 1, _list_of("{}", 100_000)),
)


def floods(lab: Lab) -> Section:
    """Each flood, with backends that decide and with blocked ones."""
    at_rest = FLOODS[0]._replace(messages=0)
    trials: dict[str, Callable[[], float]] = {"at rest": partial(run, at_rest, is_blocked=False)}
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
            count = routes * flood.messages * flood.quotes
            eventually(lambda: orders.total() >= count, f"{count:,} orders", PATIENCE)
        finally:
            client.disconnect()
            client.loop_stop()
        return highest_megabytes(pid)


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

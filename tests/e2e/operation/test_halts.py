"""A halt of an algorithm that keeps no journal is kept by the broker."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import Process
from tests.support.watcher import Watcher

SERVICE = """
from portfolio import PARAMETERS, Portfolio

class Every:
    PARAMETERS = PARAMETERS

    def initialize(self, params):
        self.portfolio = Portfolio.from_params(params)
        return ['quotes']

    def event(self, data):
        self.portfolio.buy(data, 100)
"""
BACKEND = """
import sys
import zerorpc

class Every:
    def initialize(self, params):
        return ["quotes"]

    def event(self, quote):
        return {"side": "buy", "sid": quote["sid"], "quantity": 1}

server = zerorpc.Server(Every())
server.bind(sys.argv[1])
server.run()
"""


def command(watcher: Watcher, name: str, command_id: str, **others: str) -> dict[str, Any]:
    """Give a command, and return its reply."""
    before = len(watcher.of("replies/Every"))
    message = {"command": name, "id": command_id, "by": "Ann", **others}
    watcher.publish(message, "commands/Every")
    return watcher.wait("replies/Every", before + 1)[-1]


@pytest.mark.parametrize("kind", ["a service without a journal", "a backend of two methods"])
def test_a_halt_outlasts_the_bridge_and_the_backend_until_it_is_resumed(
    kind: str, parts: Parts, broker: Broker, watch: Callable[..., Watcher]
) -> None:
    path = parts.file("every.py", SERVICE)

    def start() -> Process:
        if kind == "a service without a journal":
            return parts.service("--algo", f"{path}:Every")
        return parts.server(BACKEND)

    backend = start()
    bridge = parts.bridge(broker, backend, "--name", "Every")
    watcher = watch(broker, "orders/#", "replies/#", "halts/#")
    assert command(watcher, "halt", "h1", reason="news")["outcome"] == "done"
    assert json.loads(watcher.raw("halts/Every")[-1])["id"] == "h1"

    def is_refused(quote_id: str) -> bool:
        before = len(watcher.of("orders/Every"))
        watcher.publish({"sid": "GOOG", "quote": 100.0, "id": quote_id})
        order = watcher.wait("orders/Every", before + 1)[-1]
        return bool(order["quantity"] == 0 and order["reason"] == "halted by Ann: news")

    assert is_refused("1")
    bridge.kill()
    bridge = parts.bridge(broker, backend, "--name", "Every")
    assert is_refused("2")
    assert "does not halt" not in bridge.output
    bridge.kill()
    backend.kill()
    bridge = parts.bridge(broker, start(), "--name", "Every")
    assert is_refused("3")
    assert command(watcher, "resume", "r1", expires="2200-01-01")["outcome"] == "done"
    assert not is_refused("4")
    assert watcher.raw("halts/Every")[-1] == ""

"""The log of a whole pipeline: each line is an event in JSON, with the same fields everywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import ROOT, Process
from tests.support.watcher import Watcher

Watch = Callable[..., Watcher]

JSON = {"LOG_FORMAT": "json", "LOG_LEVEL": "debug"}

FAILING = """
import logging
from portfolio import Portfolio

class Mine:
    def initialize(self, params):
        self.portfolio = Portfolio(1000)
        return ["quotes"]

    def event(self, data):
        if data["quote"] > 10:
            raise ValueError("it is\\n too dear")
        logging.getLogger("mine").info("buying", extra={"spread": 0.4})
        self.portfolio.buy(data, 100)
"""

EVERY = {"time", "level", "component", "event"}


def lines(process: Process) -> list[dict[str, Any]]:
    found = process.output.split("\n")
    # the address of the dashboard is what the command prints, and no event
    return [json.loads(line) for line in found if not line.startswith("dashboard: ")]


def names(found: list[dict[str, Any]]) -> set[str]:
    return {name for line in found for name in line}


def test_every_line_of_a_pipeline_is_an_event_with_the_same_fields_in_both_languages(
    mosquitto: Broker, parts: Parts, start: Callable[..., Process], watch: Watch
) -> None:
    mine = f"{parts.file('mine.py', FAILING)}:Mine"
    address = parts.address()
    service = start("algo-service", "serve", "--addr", address, "--algo", mine, env=JSON)
    service.wait_for('"event":"serving on ')
    bridge = parts.bridge(mosquitto, address, env=JSON)
    watcher = watch(mosquitto)
    prices = parts.file("prices.csv", "date,symbol,close\n2024-01-01,ACME,9\n2024-01-02,ACME,11\n")
    replay = start("market-data", "replay", prices, "--mqtt", mosquitto.url, "--run", "r", env=JSON)
    assert replay.wait() == 0
    watcher.publish('\n{"level":"error"}\x1b[2J\r')
    watcher.wait("errors/Mine", 2)
    watcher.wait("orders/Mine")
    assert bridge.stop() == 0
    assert service.stop() == 0

    told = {each: lines(each) for each in (service, bridge, replay)}
    for found in told.values():
        for line in found:
            assert line.keys() >= EVERY
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
            assert line["level"] in ("debug", "info", "warning", "error")
    assert [{line["component"] for line in found} for found in told.values()] == [
        {"algo"},
        {"bridge"},
        {"replay"},
    ]

    in_python, in_node = told[service], told[bridge]
    about = {"quote_id": "prices:r:1", "channel": "quotes", "algo": "Mine"}
    (bought,) = (line for line in in_python if line["event"] == "buying")
    assert (bought.items() >= about.items(), bought["spread"]) == (True, 0.4)
    (order,) = (line for line in in_node if line["event"] == "algo output: an order")
    assert order.items() >= about.items()
    assert order["order_id"] == "Mine:quotes:prices:r:1:0"
    (failed,) = (line for line in in_node if line["event"].startswith("the algorithm failed"))
    assert (failed["level"], failed["quote_id"]) == ("warning", "prices:r:2")
    assert failed["error"] == "ValueError: it is\n too dear"
    assert failed["traceback"].startswith("Traceback")
    assert [line["level"] for line in in_node if "code" in line] == ["warning"]
    for found in (in_python, in_node):  # the summary, at the latest at the end
        quotes = [line["counts"]["quotes"] for line in found if "counts" in line]
        assert sum(quotes) in (1, 2)
    assert all("algo" in line for line in in_python if "serving on" not in line["event"])
    assert all("algo" in line for line in in_node if "quote_id" in line)

    page = (ROOT / "docs" / "reference" / "logs.md").read_text()
    documented = {*re.findall(r"`(\w+)`", "\n".join(re.findall(r"^\| (.*?) \|", page, re.M)))}
    shared = names(in_python) & names(in_node)
    assert shared >= EVERY | {"algo", "quote_id", "channel", "counts"}
    assert names(in_python) <= documented | {"spread"}

"""A second shell halts, resumes, resets and flattens an algorithm of the live pipeline."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import Process
from tests.support.watcher import Watcher

Watch = Callable[..., Watcher]
Shell = Callable[..., str]

QUOTES = 3_000

EVERY = """
from portfolio import PARAMETERS, Portfolio

class Every:
    PARAMETERS = PARAMETERS

    def initialize(self, params):
        self.portfolio = Portfolio.from_params(params)
        return ['quotes']

    def event(self, data):
        self.portfolio.buy(data, 100)
"""


@pytest.fixture
def shell(start: Callable[..., Process], broker: Broker) -> Shell:
    """Runs a command of a person, which has to succeed, and returns what it printed."""

    def run(verb: str, name: str, *options: object) -> str:
        process = start("algo-service", verb, name, "--mqtt", broker.url, *options)
        assert process.wait(60) == 0, process.output
        return process.output

    return run


def quote(n: int, price: float = 100.0) -> dict[str, Any]:
    return {"sid": "GOOG", "quote": price, "id": str(n)}


def every(parts: Parts, *options: object, **settings: Any) -> Process:
    """A service that buys for 100 at every quote."""
    path = parts.file("every.py", EVERY)
    return parts.service("--algo", f"{path}:Every", *options, **settings)


def test_a_halt_stops_buying_through_a_restart_until_it_is_resumed(
    broker: Broker, parts: Parts, watch: Watch, shell: Shell, tmp_path: Path
) -> None:
    journal = ("--journal", tmp_path / "every.db")
    service = every(parts, *journal)
    bridge = parts.bridge(broker, service)
    watcher = watch(broker)
    watcher.publish(quote(1))
    (bought,) = watcher.wait("orders/Every")
    assert bought["amount"] == 100
    assert "halted" in shell("halt", "Every", "--reason", "news", "--by", "Ann")
    watcher.publish(quote(2))
    refused = watcher.wait("orders/Every", 2)[1]
    assert (refused["quantity"], refused["asked"]) == (0, 100)
    assert refused["reason"] == "halted by Ann: news"
    service.kill()
    every(parts, *journal, address=service.address)
    bridge.wait_for("is ready", count=2)
    watcher.publish(quote(3))
    assert watcher.wait("orders/Every", 3)[2]["reason"] == refused["reason"]
    watcher.wait_until(
        lambda: watcher.last("portfolios/Every").get("quote_id") == "3", "portfolios/Every"
    )
    snapshot = watcher.of("portfolios/Every")[-1]
    assert snapshot["halted"]["reason"] == "news"
    assert snapshot["halted"]["by"] == "Ann"
    assert "news" in shell("resume", "Every")
    watcher.publish(quote(4))
    assert watcher.wait("orders/Every", 4)[3]["amount"] == 100
    # a halt that is not in force is no failure
    assert shell("resume", "Every")


def test_a_flatten_sells_all_of_goog_at_its_next_quote_and_buys_no_more(
    broker: Broker, parts: Parts, watch: Watch, shell: Shell, start: Callable[..., Process]
) -> None:
    # of a cash that does not run out
    service = every(parts, "--cash", 1_000_000_000, "--param", "minimum_amount=1")
    parts.bridge(broker, service, "--log-level", "warn")
    watcher = watch(broker)
    start(
        *("market-data", "replay", "goog", "--loop", "--rate", "50", "--run", "r"),
        *("--mqtt", broker.url),
    )
    watcher.wait("orders/Every", 20)
    said = shell("flatten", "Every", "--reason", "the end of the trial", "--by", "Ann")
    assert "waits: sell " in said
    watcher.wait_until(
        lambda: any(fill["side"] == "sell" for fill in watcher.of("fills/Every")), "fills/Every"
    )
    # quotes go on, and are refused
    count = len(watcher.of("orders/Every"))
    orders = watcher.wait("orders/Every", count + 20)
    (sale,) = [order for order in orders if order["side"] == "sell"]
    assert sale["id"].startswith("Every:commands/Every:")
    assert sale["id"] in said
    (sold,) = [fill for fill in watcher.of("fills/Every") if fill["side"] == "sell"]
    assert sold["order_id"] == sale["id"]
    bought = sum(fill["quantity"] for fill in watcher.of("fills/Every") if fill["side"] == "buy")
    assert sold["quantity"] == pytest.approx(bought, rel=1e-9)
    at = orders.index(sale)
    assert all(order["quantity"] > 0 for order in orders[:at])
    refused = orders[at + 1 :]
    assert refused
    for order in refused:
        assert (order["side"], order["quantity"]) == ("buy", 0)
        assert order["reason"] == "halted by Ann: the end of the trial"
    watcher.wait_until(
        lambda: watcher.last("portfolios/Every").get("positions") == {}, "portfolios/Every"
    )


def test_a_halt_does_not_wait_behind_a_backlog(
    mosquitto: Broker,
    parts: Parts,
    watch: Watch,
    start: Callable[..., Process],
    tmp_path: Path,
) -> None:
    """A halt takes effect at the end of the call under way, however many quotes wait."""
    go, journal = tmp_path / "go", tmp_path / "every.db"
    hold = f"""
        import pathlib, time
        while not pathlib.Path({str(go)!r}).exists():
            print('deciding', flush=True)
            time.sleep(0.05)
"""
    path = parts.file("every.py", EVERY + hold)
    options = ("--journal", journal, "--cash", 1_000_000_000, "--param", "minimum_amount=1")
    service = parts.service("--algo", f"{path}:Every", *options, "--log-level", "warn")
    assert parts.bridge(mosquitto, service).stop() == 0  # it has made its sessions
    rows = "\n".join(["ts,price", *(f"{1_700_000_000 + n},{100 + n % 50}" for n in range(QUOTES))])
    feed = start(
        *("market-data", "replay", parts.file("rows.csv", rows)), "--mqtt", mosquitto.url, "--max"
    )
    assert feed.wait(120) == 0
    watcher = watch(mosquitto)
    bridge = parts.bridge(mosquitto, service, ready=False)
    service.wait_for("deciding")
    asking = start("algo-service", "halt", "Every", "--mqtt", mosquitto.url, "--by", "Ann")
    bridge.wait_for("received a command")
    go.touch()
    assert asking.wait() == 0
    watcher.wait("orders/Every", QUOTES, patience=120)
    with contextlib.closing(sqlite3.connect(journal)) as database:
        (first_call,) = database.execute("SELECT min(seq) FROM batches").fetchone()
        assert first_call < QUOTES
        halts = database.execute("SELECT seq FROM decisions WHERE channel = 'commands/Every'")
        assert halts.fetchall() == [(first_call + 1,)]
    orders = watcher.of("orders/Every")
    assert all(order["quantity"] > 0 for order in orders[:first_call])
    assert all(order["quantity"] == 0 for order in orders[first_call:])


def test_an_algorithm_of_another_name_is_named(
    mosquitto: Broker, parts: Parts, start: Callable[..., Process]
) -> None:
    parts.bridge(mosquitto, parts.service())
    asking = start("algo-service", "halt", "rnadom", "--mqtt", mosquitto.url)
    assert asking.wait() == 2
    assert asking.output.endswith('did you mean "random"?')

"""Algorithms that compute with numpy and Decimal, in the real pipeline and in a backtest alike."""

from __future__ import annotations

import json
import math
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from algo_service.journal.codec import decode
from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import BIN, ROOT
from tests.support.watcher import Watcher

CASE = ROOT / "tests" / "cases" / "14_numpy.py"
QUOTES = [
    {"sid": "GOOG", "quote": round(100 + 10 * math.sin(n / 3), 2), "id": f"g:{n}"}
    for n in range(1, 121)
]
Watch = Callable[..., Watcher]


def backtest(folder: Path, name: str) -> tuple[list[str], str]:
    """Returns the orders of a backtest, and what it printed."""
    data, orders = folder / "quotes.jsonl", folder / "orders.jsonl"
    data.write_text("".join(f"{json.dumps(each)}\n" for each in QUOTES))
    words = ("backtest", "--algo", f"{CASE}:{name}", "--data", data, "--orders", orders,
             "--param", "seed=7")  # fmt: skip
    ran = subprocess.run([BIN / "algo-service", *words], text=True, capture_output=True)
    return orders.read_text().splitlines(), ran.stdout + ran.stderr


def await_last(watcher: Watcher, name: str) -> dict[str, Any]:
    """Awaits that the last quote is decided, and returns the snapshot."""
    topic = f"portfolios/{name}"
    last = QUOTES[-1]["id"]
    came = watcher.wait_until(lambda: watcher.last(topic).get("quote_id") == last, topic)
    return dict(came[-1])


@pytest.mark.parametrize("name", ["State", "Amounts"])
def test_numbers_of_numpy_give_the_orders_of_a_backtest(
    name: str, mosquitto: Broker, parts: Parts, watch: Watch, tmp_path: Path
) -> None:
    parts.bridge(mosquitto, parts.service("--algo", f"{CASE}:{name}", "--param", "seed=7"))
    watcher = watch(mosquitto)
    for each in QUOTES:
        watcher.publish(each)
    await_last(watcher, name)
    orders, printed = backtest(tmp_path, name)
    assert orders, printed
    watcher.wait(f"orders/{name}", len(orders))
    assert watcher.raw(f"orders/{name}") == orders
    assert watcher.of(f"errors/{name}") == []


def test_a_killed_service_goes_on_from_a_state_with_numbers_of_numpy(
    mosquitto: Broker, parts: Parts, watch: Watch, tmp_path: Path
) -> None:
    journal = tmp_path / "journal.db"
    options = ("--algo", f"{CASE}:State", "--journal", journal)
    service = parts.service(*options)
    parts.bridge(mosquitto, service)
    watcher = watch(mosquitto)
    for each in QUOTES[:10]:
        watcher.publish(each)
    watcher.wait_until(
        lambda: (
            bool(watcher.of("portfolios/State"))
            and watcher.of("portfolios/State")[-1]["quote_id"] == "g:10"
        ),
        "portfolios/State",
    )
    service.kill()
    parts.service(*options, address=service.address)
    for each in QUOTES[10:]:
        watcher.publish(each)
    assert await_last(watcher, "State")["seq"] == len(QUOTES)
    assert watcher.of("errors/State") == []
    with sqlite3.connect(journal) as database:
        (kept,) = database.execute("SELECT value FROM state WHERE name = 'algorithm'").fetchone()
    mean = decode(kept)["mean"]
    assert type(mean) is np.float64
    assert mean == np.mean([each["quote"] for each in QUOTES[-20:]])


@pytest.mark.parametrize(
    ("name", "quantity"), [("IntOrder", 3.0), ("Float32Order", 2.5), ("DecimalOrder", 0.015)]
)
def test_an_order_of_any_kind_of_number_is_a_double_live_and_in_a_backtest(
    name: str, quantity: float, mosquitto: Broker, parts: Parts, watch: Watch, tmp_path: Path
) -> None:
    parts.bridge(mosquitto, parts.service("--algo", f"{CASE}:{name}"))
    watcher = watch(mosquitto)
    for each in QUOTES:
        watcher.publish(each)
    orders = watcher.wait(f"orders/{name}", len(QUOTES))
    assert {(order["side"], order["quantity"]) for order in orders} == {("buy", quantity)}
    by_history, printed = backtest(tmp_path, name)
    assert watcher.raw(f"orders/{name}") == by_history, printed
    # an account is kept for them, and told
    snapshot = await_last(watcher, name)
    assert snapshot["positions"]["GOOG"]["quantity"] == pytest.approx(quantity * len(QUOTES))
    assert snapshot["cash"] == pytest.approx(50000 - sum(order["amount"] for order in orders))
    assert len(watcher.wait(f"fills/{name}", len(QUOTES))) == len(QUOTES)
    assert watcher.of(f"errors/{name}") == []


def test_whatever_an_algorithm_raises_is_one_readable_error(
    mosquitto: Broker, parts: Parts, watch: Watch, tmp_path: Path
) -> None:
    """Whatever an algorithm raises is one readable error and service and bridge go on."""
    parts.bridge(mosquitto, parts.service("--algo", f"{CASE}:Errors"))
    watcher = watch(mosquitto)
    for each in QUOTES:
        watcher.publish(each)
    reasons = [each["reason"] for each in watcher.wait("errors/Errors", len(QUOTES))]
    assert reasons == [
        "ValueError: {'code': np.int64(5)}",
        "KeyError: 3",
        "Exception: ",
        "OSError: [Errno 28] b'\\xff'",
        "Odd",
    ] * (len(QUOTES) // 5)
    assert await_last(watcher, "Errors")["cash"] == 50000.0
    _, printed = backtest(tmp_path, "Errors")
    assert "every one of 120 quotes failed: ValueError: {'code': np.int64(5)}" in printed
    assert "4 other reasons" in printed


UNKEPT = """
from portfolio import Portfolio

class Unkept:
    def initialize(self, params):
        self.portfolio = Portfolio(params['cash'])
        self.last = 0
        return ['quotes']

    def save(self):
        return {'last': self.last}

    def load(self, data):
        self.last = data['last']

    def event(self, data):
        self.last = object() if data.get('bad') else data['id']
        self.portfolio.buy(data, 100)
"""


def test_a_quote_whose_state_cannot_be_kept_is_reported_once(
    mosquitto: Broker, parts: Parts, watch: Watch, tmp_path: Path
) -> None:
    """A quote whose state cannot be kept is reported once and the next one decided."""
    file = parts.file("unkept.py", UNKEPT)
    service = parts.service("--algo", f"{file}:Unkept", "--journal", tmp_path / "journal.db")
    bridge = parts.bridge(mosquitto, service)
    watcher = watch(mosquitto)
    for n in range(10):
        watcher.publish({"sid": "GOOG", "quote": 50, "id": str(n), "bad": n >= 5 and n % 2 == 1})
        watcher.wait_until(
            lambda n=n: len(watcher.raw("orders/Unkept") + watcher.raw("errors/Unkept")) > n,
            "orders/Unkept",
        )
    kept = [order["quote_id"] for order in watcher.of("orders/Unkept")]
    assert kept == ["0", "1", "2", "3", "4", "6", "8"]
    reasons = [error["reason"] for error in watcher.of("errors/Unkept")]
    assert len(reasons) == 3
    assert all(
        reason.startswith("StateError: save() returned what cannot be kept: object <object")
        for reason in reasons
    )
    assert "trying the same again" not in bridge.output

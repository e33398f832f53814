"""Algorithms that compute with numpy and Decimal, in the real pipeline and in a backtest alike."""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from algo_service.errors import AlgoServiceError
from algo_service.journal.codec import decode
from tests.e2e.parity.backtests import backtest
from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import ROOT
from tests.support.watcher import Watcher

CASE = ROOT / "tests" / "cases" / "14_numpy.py"
QUOTES = [
    {"sid": "GOOG", "quote": round(100 + 10 * math.sin(n / 3), 2), "id": f"g:{n}"}
    for n in range(1, 121)
]
QUANTITIES = {"IntOrder": 3.0, "Float32Order": 2.5, "DecimalOrder": 0.015}
"""What each of these algorithms orders at every quote, by a number of its kind."""
Watch = Callable[..., Watcher]


@pytest.fixture
def by_history(tmp_path: Path) -> Callable[[str], list[str]]:
    """Runs a backtest of an algorithm over the quotes."""
    data = tmp_path / "quotes.jsonl"
    data.write_text("".join(f"{json.dumps(each)}\n" for each in QUOTES))
    return lambda name: backtest("--algo", f"{CASE}:{name}", "--data", data, "--param", "seed=7")


def await_last(watcher: Watcher, name: str) -> dict[str, Any]:
    """Awaits that the last quote is decided, and returns the snapshot."""
    topic = f"portfolios/{name}"
    last = QUOTES[-1]["id"]
    came = watcher.wait_until(lambda: watcher.last(topic).get("quote_id") == last, topic)
    return dict(came[-1])


def test_numbers_of_any_kind_give_the_orders_of_a_backtest_and_any_error_is_one_that_is_read(
    mosquitto: Broker,
    parts: Parts,
    watch: Watch,
    by_history: Callable[[str], list[str]],
) -> None:
    """All of them at one bridge, each with a service of its own."""
    names = ("State", "Amounts", *QUANTITIES, "Errors")
    services = [parts.service("--algo", f"{CASE}:{name}", "--param", "seed=7") for name in names]
    others = (word for service in services[1:] for word in ("--rpc", service.address))
    parts.bridge(mosquitto, services[0], *others)
    watcher = watch(mosquitto)
    for each in QUOTES:
        watcher.publish(each)
    for name in names[:-1]:
        orders = by_history(name)
        assert orders
        watcher.wait(f"orders/{name}", len(orders))
        assert watcher.raw(f"orders/{name}") == orders
        snapshot = await_last(watcher, name)
        assert watcher.of(f"errors/{name}") == []
        if name in QUANTITIES:
            check_doubles(watcher, name, snapshot)
    reasons = [each["reason"] for each in watcher.wait("errors/Errors", len(QUOTES))]
    assert reasons == [
        "ValueError: {'code': np.int64(5)}",
        "KeyError: 3",
        "Exception: ",
        "OSError: [Errno 28] b'\\xff'",
        "Odd",
    ] * (len(QUOTES) // 5)
    assert await_last(watcher, "Errors")["cash"] == 50000.0
    first = r"every one of 120 quotes failed: ValueError: {'code': np.int64\(5\)}"
    with pytest.raises(AlgoServiceError, match=f"{first} .*4 other reasons"):
        by_history("Errors")


def check_doubles(watcher: Watcher, name: str, snapshot: dict[str, Any]) -> None:
    """Each order is a double, and an account is kept for them, and told."""
    quantity = QUANTITIES[name]
    orders = watcher.of(f"orders/{name}")
    assert len(orders) == len(QUOTES)
    assert {(order["side"], order["quantity"]) for order in orders} == {("buy", quantity)}
    assert snapshot["positions"]["GOOG"]["quantity"] == pytest.approx(quantity * len(QUOTES))
    assert snapshot["cash"] == pytest.approx(50000 - sum(order["amount"] for order in orders))
    assert len(watcher.wait(f"fills/{name}", len(QUOTES))) == len(QUOTES)


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

"""Limits in the live pipeline: a losing algorithm is stopped, and its orders' records say why."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import BIN
from tests.support.watcher import Watcher

Watch = Callable[..., Watcher]

# Buys for 1,000 whenever the price falls, and sells all when it rises.
LOSER = """
from portfolio import PARAMETERS, Portfolio

class Loser:
    PARAMETERS = PARAMETERS

    def initialize(self, params):
        self.portfolio = Portfolio.from_params(params)
        self.last = None
        return ['quotes']

    def save(self):
        return {'last': self.last}

    def load(self, data):
        self.last = data['last']

    def event(self, data):
        if self.last is not None and data['quote'] < self.last:
            self.portfolio.buy(data, 1000)
        elif self.last is not None:
            self.portfolio.sell(data)
        self.last = data['quote']
"""


def feed(watcher: Watcher, *quotes: tuple[float, str]) -> None:
    for price, ts in quotes:
        watcher.publish({"sid": "GOOG", "quote": price, "ts": ts, "id": f"{ts} {price}"})


def sides(orders: list[dict[str, Any]]) -> list[tuple[str, float, str]]:
    """Side, amount and the limit's name of each order."""
    return [(o["side"], o["amount"], o.get("reason", "").partition(":")[0]) for o in orders]


def reset(broker: Broker) -> str:
    done = subprocess.run(
        [BIN / "algo-service", "reset", "Loser", "--mqtt", broker.url],
        text=True,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_drawdown_stops_all_buying_until_a_person_resets_it(
    mosquitto: Broker, parts: Parts, watch: Watch, tmp_path: Path
) -> None:
    """A drawdown stops all buying through a restart until a person resets it."""
    options = ("--algo", f"{parts.file('loser.py', LOSER)}:Loser", "--cash", "2000",
               "--param", "max_drawdown=0.1", "--journal", tmp_path / "loser.db")  # fmt: skip
    service = parts.service(*options)
    bridge = parts.bridge(mosquitto, service)
    watcher = watch(mosquitto)
    # 1,000 for 10 units at 100; at 75 they have lost 250 of 2,000
    feed(watcher, (101.0, "2026-01-05"), (100.0, "2026-01-06"), (75.0, "2026-01-07"))
    orders = watcher.wait("orders/Loser", 2)
    assert sides(orders) == [("buy", 1000.0, ""), ("buy", 0.0, "max_drawdown")]
    assert orders[1]["quantity"] == 0.0
    assert orders[1]["asked"] == 1000.0
    assert "the equity of 1750.00 is 12.50% below its peak of 2000.00" in orders[1]["reason"]
    service.wait_for("max_drawdown: the equity of 1750.00")
    service.kill()
    service = parts.service(*options, address=service.address)
    bridge.wait_for("is ready", count=2)
    # what reduces is let through; what would buy is not
    feed(watcher, (70.0, "2026-01-08"), (80.0, "2026-01-09"), (79.0, "2026-01-12"))
    orders = watcher.wait("orders/Loser", 5)
    assert sides(orders)[2:] == [
        ("buy", 0.0, "max_drawdown"),
        ("sell", 800.0, ""),
        ("buy", 0.0, "max_drawdown"),
    ]
    watcher.wait_until(lambda: watcher.last("portfolios/Loser").get("seq") == 6, "portfolios/Loser")
    assert watcher.of("portfolios/Loser")[-1]["halt"] == orders[1]["reason"]
    assert len(watcher.of("fills/Loser")) == 2
    assert orders[1]["reason"] in reset(mosquitto)
    assert reset(mosquitto).startswith("there is nothing to reset")
    service.kill()
    parts.service(*options, address=service.address)
    bridge.wait_for("is ready", count=3)
    feed(watcher, (78.0, "2026-01-13"))
    assert sides(watcher.wait("orders/Loser", 6))[5:] == [("buy", 1000.0, "")]


def test_a_daily_loss_stops_buying_until_the_next_day_of_the_quotes(
    mosquitto: Broker, parts: Parts, watch: Watch
) -> None:
    service = parts.service(
        "--algo", f"{parts.file('loser.py', LOSER)}:Loser", "--cash", "3000",
        "--param", "max_daily_loss=0.05",
    )  # fmt: skip
    parts.bridge(mosquitto, service)
    watcher = watch(mosquitto)
    feed(
        watcher,
        (101.0, "2026-01-05T09:00"),
        (100.0, "2026-01-05T10:00"),  # buys 10 units
        (80.0, "2026-01-05T11:00"),  # 200 of 3,000 are lost
        (79.0, "2026-01-05T12:00"),
        (78.0, "2026-01-06T09:00"),
    )
    orders = watcher.wait("orders/Loser", 4)
    assert sides(orders) == [
        ("buy", 1000.0, ""),
        ("buy", 0.0, "max_daily_loss"),
        ("buy", 0.0, "max_daily_loss"),
        ("buy", 1000.0, ""),
    ]
    assert "the equity of 2800.00 is 6.67% below 3000.00" in orders[1]["reason"]


def test_a_quote_without_a_time_is_an_error_where_a_limit_needs_it(
    mosquitto: Broker, parts: Parts, watch: Watch
) -> None:
    service = parts.service("--algo", "buy_and_hold", "--param", "max_daily_loss=0.05")
    parts.bridge(mosquitto, service)
    watcher = watch(mosquitto)
    watcher.publish({"sid": "GOOG", "quote": 100.0})
    (error,) = watcher.wait("errors/buy_and_hold")
    assert error["reason"].startswith("MissingTimeError: max_daily_loss reads the time")
    watcher.publish({"sid": "GOOG", "quote": 100.0, "ts": "2026-01-05"})
    assert sides(watcher.wait("orders/buy_and_hold")) == [("buy", 50000.0, "")]

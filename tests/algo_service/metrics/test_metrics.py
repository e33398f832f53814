"""The numbers that a real service tells of itself."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zerorpc

from tests.algo_service.conftest import Service
from tests.algo_service.metrics.conftest import Watched
from tests.support.brokers import Broker
from tests.support.processes import ROOT, eventually

Start = Callable[..., Watched]
Connect = Callable[[Service], zerorpc.Client]

TRADER = """
from tickwire import Portfolio

class Trader:
    def initialize(self, params):
        self.portfolio = Portfolio.from_params(params)
        return ["quotes"]

    def event(self, data):
        if "buy" in data:
            self.portfolio.buy(data, data["buy"])
        if "fail" in data:
            raise RuntimeError("no idea")
"""


@pytest.fixture
def trader(tmp_path: Path) -> str:
    (tmp_path / "trader.py").write_text(TRADER)
    return f"{tmp_path / 'trader.py'}:Trader"


def quote(number: int, price: float = 100, **fields: Any) -> dict[str, Any]:
    return {"sid": "GOOG", "quote": price, "id": str(number), "channel": "quotes", **fields}


def command(name: str) -> dict[str, Any]:
    return {"id": name, "channel": "commands/t", "command": name, "reason": "a test"}


def test_what_is_decided_is_counted_once(watched: Start, connect: Connect, trader: str) -> None:
    limits = ("--param", "max_order=1000")
    service = watched("--algo", trader, "--name", "t", *limits)
    client = connect(service.service)
    client.initialize({})
    first = [quote(1, buy=500), quote(2, buy=5000), quote(3), quote(4, fail=True)]
    client.events(first)
    client.events([{"channel": "data/x", "id": "d", "value": 1}, command("halt")])
    client.events([quote(5, buy=500)])
    client.events(first)  # duplicates
    found = service.samples()
    assert {name: n for name, n in found.items() if name.startswith("tickwire_algo_dec")} == {
        "tickwire_algo_decisions_total quote": 5,
        "tickwire_algo_decisions_total data": 1,
        "tickwire_algo_decisions_total command": 1,
        "tickwire_algo_decisions_total execution": 0,
    }
    assert {name: n for name, n in found.items() if name.startswith("tickwire_algo_ord")} == {
        "tickwire_algo_orders_total placed": 1,
        "tickwire_algo_orders_total cut": 1,
        "tickwire_algo_orders_total refused": 1,
    }
    assert found["tickwire_algo_fills_total"] == 2
    assert found["tickwire_algo_failures_total"] == 1
    assert found["tickwire_algo_call_seconds_count"] == 4
    assert found["tickwire_algo_calls_failed_total"] == 0


def test_the_portfolio_is_that_of_the_snapshot(
    watched: Start, connect: Connect, trader: str
) -> None:
    service = watched("--algo", trader, "--name", "t", "--param", "max_drawdown=0.1")
    assert "tickwire_algo_equity" not in service.samples()
    client = connect(service.service)
    client.initialize({})
    assert service.sample("equity") == 50000
    client.events([quote(1, buy=50000)])
    client.events([quote(2, 120)])
    client.events([quote(3, 90), command("halt")])
    snapshot = client.snapshot()
    assert snapshot["equity"] == 45000
    for name in ("equity", "cash", "exposure"):
        assert service.sample(name) == snapshot[name]
    assert service.sample("profit") == -5000
    assert service.sample("drawdown_ratio") == 0.25
    assert service.sample("positions") == 1
    assert (service.sample("halted"), service.sample("stopped")) == (1, 1)
    client.events([{**command("resume"), "expires": "2100-01-01T00:00:00Z"}])
    assert (service.sample("halted"), service.sample("stopped")) == (0, 1)


def test_the_highest_equity_outlives_a_restart(
    watched: Start, connect: Connect, trader: str, tmp_path: Path
) -> None:
    options = ("--algo", trader, "--name", "t", "--journal", tmp_path / "j.db")
    service = watched(*options)
    client = connect(service.service)
    client.initialize({})
    client.events([quote(1, buy=50000, ts="2024-01-10T10:00:00Z")])
    client.events([quote(2, 200, ts="2024-01-10T10:01:00Z")])
    client.events([quote(3, 150, ts="2024-01-10T10:02:00Z")])
    assert service.sample("drawdown_ratio") == 0.25
    service.service.process.stop()
    assert watched(*options).sample("drawdown_ratio") == 0.25


def test_the_journal_and_its_commits_are_measured(
    watched: Start, connect: Connect, tmp_path: Path
) -> None:
    journal = tmp_path / "j.db"
    service = watched("--journal", journal)
    client = connect(service.service)
    client.initialize({})
    client.events([quote(1)])
    found = service.samples()
    assert found["tickwire_algo_journal_commit_seconds_count"] == 1
    files = (journal, tmp_path / "j.db-wal")
    assert found["tickwire_algo_journal_bytes"] == sum(each.stat().st_size for each in files)
    assert found["tickwire_algo_journal_free_bytes"] > 0
    assert "tickwire_algo_journal_bytes" not in watched().samples()


def test_metrics_follow_the_rules_of_prometheus(
    watched: Start, connect: Connect, tmp_path: Path
) -> None:
    if not shutil.which("promtool"):
        pytest.skip("promtool is not installed (Debian: prometheus)")
    service = watched("--journal", tmp_path / "j.db", "--name", 'a "b"')
    connect(service.service).initialize({})
    text = service.ask("/metrics")[1]
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def described(*sections: str) -> set[str]:
    """Name and type of each metric in these sections of the page."""
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text()
    return {
        f"{name} {kind}"
        for title in sections
        for name, kind in re.findall(
            r"^\| `([a-z_]+)` \| (\w+) \|", page.split(f"\n## {title}\n")[1].split("\n## ")[0], re.M
        )
    }


def test_what_is_served_are_the_metrics_that_the_page_has_and_no_others(
    watched: Start, connect: Connect, mosquitto: Broker, tmp_path: Path
) -> None:
    service = watched("--journal", tmp_path / "j.db", "--announce", mosquitto.url)
    connect(service.service).initialize({})
    eventually(lambda: "tickwire_mqtt_connected" in service.samples(), "the announcer")
    served = re.findall(r"^# TYPE (.*)$", service.ask("/metrics")[1], re.M)
    assert len(served) == len(set(served))
    assert set(served) == described("Every process", "algo-service serve")

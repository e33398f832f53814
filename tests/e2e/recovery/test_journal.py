"""The journal in the live pipeline: what is seen of it from outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import CliRunner

from algo_service.commands.journal import journal as journal_command
from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import Process
from tests.support.watcher import Watcher

Watch = Callable[..., Watcher]


def shown(*options: object) -> str:
    """What `algo-service journal` prints."""
    ended = CliRunner().invoke(journal_command, [str(option) for option in options])
    assert ended.exit_code == 0, ended.output
    return ended.stdout


def quote(n: int) -> dict[str, object]:
    return {"sid": "GOOG", "quote": 100 + n % 7, "id": str(n)}


def test_a_killed_service_goes_on_and_what_it_decided_is_there_to_read(
    broker: Broker, parts: Parts, watch: Watch, tmp_path: Path
) -> None:
    journal = tmp_path / "random.db"
    options = ("--journal", journal, "--param", "threshold=0.5", "--param", "exit=0.25")
    service = parts.service(*options)
    bridge = parts.bridge(broker, service)
    watcher = watch(broker)
    for n in range(20):
        watcher.publish(quote(n))
    watcher.wait("portfolios/random")
    watcher.wait_until(
        lambda: watcher.last("portfolios/random").get("quote_id") == "19", "portfolios/random"
    )
    before = watcher.of("portfolios/random")[-1]
    orders = watcher.raw("orders/random")
    assert shown(journal, "--orders").splitlines() == orders  # while the service runs
    service.kill()
    parts.service(*options, address=service.address)
    bridge.wait_for("is ready", count=2)
    # seen before: the stored decision, and nothing changes
    watcher.publish(quote(19))
    watcher.publish(quote(20))
    watcher.wait_until(
        lambda: watcher.last("portfolios/random").get("quote_id") == "20", "portfolios/random"
    )
    after = watcher.of("portfolios/random")[-1]
    assert after["seq"] == before["seq"] + 1 == 21
    published = watcher.raw("orders/random")
    assert published[: len(orders)] == orders
    ledger = shown(journal, "--orders").splitlines()
    assert list(dict.fromkeys(published)) == ledger
    summary = shown(journal)
    assert "quotes      21\n" in summary
    assert f"orders      {len(ledger)}\n" in summary
    for name in ("cash", "equity"):
        assert f"{name:<12}{after[name]:,.2f}\n" in summary


def test_a_full_disk_is_said_and_waited_for_and_nothing_is_lost(
    mosquitto: Broker,
    parts: Parts,
    watch: Watch,
    tmp_path: Path,
    start: Callable[..., Process],
) -> None:
    journal = tmp_path / "random.db"
    address = parts.address()
    options = ("serve", "--addr", address, "--journal", journal, "--log-level", "warning",
               "--param", "threshold=0.5", "--param", "exit=0.25")  # fmt: skip
    # a limit of the size of files stands for the size of the disk, in KiB
    words = " ".join(str(word) for word in ("algo-service", *options))
    full = start("bash", "-c", f"ulimit -f 400; exec {words}")
    full.wait_for("^serving on ")
    bridge = parts.bridge(mosquitto, address, "--log-level", "warn")
    watcher = watch(mosquitto)
    for n in range(5000):
        watcher.client.publish("quotes", json.dumps(quote(n)), qos=1)
    bridge.wait_for("the journal .*; trying the same again", count=2)
    assert full.popen.poll() is None
    full.kill()
    start("algo-service", *options).wait_for("^serving on ")
    watcher.wait_until(
        lambda: "4999" in {s["quote_id"] for s in watcher.of("portfolios/random")},
        "portfolios/random",
    )
    ledger = shown(journal, "--orders").splitlines()
    watcher.wait_until(lambda: len(set(watcher.raw("orders/random"))) == len(ledger), "orders")
    assert list(dict.fromkeys(watcher.raw("orders/random"))) == ledger
    assert "quotes      5000\n" in shown(journal)


def test_an_algorithm_whose_state_cannot_be_kept_is_warned_of_at_start(
    parts: Parts, tmp_path: Path
) -> None:
    code = (
        "class Mine:\n def initialize(self, params): return ['q']\n def event(self, data): pass\n"
    )
    mine = f"{parts.file('mine.py', code)}:Mine"
    kept = parts.service("--algo", mine, "--journal", tmp_path / "mine.db")
    kept.wait_for(
        r"^warning: Mine has no save\(\) and load\(\): a restart keeps its portfolio and loses"
    )
    assert "no save()" not in parts.service("--journal", tmp_path / "random.db").output
    in_memory = parts.service("--algo", mine)
    in_memory.wait_for("its state is in memory: a restart starts again$")

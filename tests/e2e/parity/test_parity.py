"""The same quotes through the pipeline and through a backtest give the same orders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.parity.backtests import backtest, kept
from tests.support.algorithms import ON_QUOTES
from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import ROOT, Process
from tests.support.watcher import Watcher

OPTIONS = ("--cash", "20000", "--units", "whole", "--commission", "0.002", "--fill", "next",
           "--param", "seed=7", "--param", "max_daily_loss=0.05")  # fmt: skip


@pytest.mark.parametrize(
    ("names", "read", "last"),
    [
        (ON_QUOTES, (), "2148"),
        (["sma_cross"], ("--bars", "1w"), "1w:GOOG:2013-02-24T23:59:59.999Z"),
    ],
    ids=["quotes", "bars"],
)
def test_a_backtest_gives_the_orders_of_the_pipeline_byte_for_byte(
    names: list[str],
    read: tuple[str, ...],
    last: str,
    mosquitto: Broker,
    parts: Parts,
    watch: Callable[..., Watcher],
    start: Callable[..., Process],
    tmp_path: Path,
) -> None:
    """A backtest of each algorithm gives its orders in a pipeline with journals byte for byte."""
    services = [
        parts.service("--algo", name, *OPTIONS, "--journal", tmp_path / f"{name}.db",
                      "--log-level", "warning")
        for name in names
    ]  # fmt: skip
    others = (word for service in services[1:] for word in ("--rpc", service.address))
    parts.bridge(mosquitto, services[0], *others, "--log-level", "warn")
    watcher = watch(mosquitto)
    replay = start(
        *("market-data", "replay", "goog", "--mqtt", mosquitto.url, "--run", "backtest", "--max"),
        *read,
    )
    assert replay.wait() == 0
    for name in names:
        topic = f"portfolios/{name}"
        watcher.wait_until(
            lambda topic=topic: watcher.last(topic).get("quote_id") == f"goog:backtest:{last}",
            topic,
        )
        expected = backtest("--algo", name, *OPTIONS, "--data", "goog", *read)
        assert expected, name
        watcher.wait(f"orders/{name}", len(expected))
        assert watcher.raw(f"orders/{name}") == expected, name
        assert kept(tmp_path / f"{name}.db") == expected, name


@pytest.mark.parametrize(
    ("case", "last"),
    [
        ("05d-live-us.jsonl", "k49"),
        ("05-klines-no-header-us.csv", "05-klines-no-header-us:backtest:200"),
        ("06c-histdata.csv", "06c-histdata:backtest:400"),
        ("04-yyyymmdd.csv", "04-yyyymmdd:backtest:500"),
    ],
)
def test_a_file_of_a_tool_gives_the_same_orders_live_and_backtested(
    case: str,
    last: str,
    mosquitto: Broker,
    parts: Parts,
    watch: Callable[..., Watcher],
    start: Callable[..., Process],
) -> None:
    """A file that a tool wrote gives the same orders live as in a backtest."""
    rule = ("--algo", "sma_cross", "--param", "fast=3", "--param", "slow=8", "--cash", "10000")
    file = ROOT / "tests" / "cases" / case
    parts.bridge(mosquitto, parts.service(*rule), "--log-level", "warn")
    watcher = watch(mosquitto)
    words = ("replay", file, "--mqtt", mosquitto.url, "--run", "backtest", "--max")
    assert start("market-data", *words).wait() == 0
    topic = "portfolios/sma_cross"
    watcher.wait_until(lambda: watcher.last(topic).get("quote_id") == last, topic)
    expected = backtest(*rule, "--data", file)
    assert expected
    watcher.wait("orders/sma_cross", len(expected))
    assert watcher.raw("orders/sma_cross") == expected

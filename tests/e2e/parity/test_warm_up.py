"""A live run that history has warmed up gives the orders of a backtest over both."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.algo_service.test_warm_up import quotes, written
from tests.e2e.parity.backtests import backtest
from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import Process
from tests.support.watcher import Watcher

RULE = ("--algo", "sma_cross", "--param", "fast=20", "--param", "slow=200", "--cash", "10000")


def test_a_warmed_up_average_trades_as_in_a_backtest_of_all_bars(
    broker: Broker,
    parts: Parts,
    watch: Callable[..., Watcher],
    start: Callable[..., Process],
    tmp_path: Path,
) -> None:
    """An average of 200 bars that was warmed up trades as in a backtest of all 400."""
    past = written(tmp_path / "past.csv", quotes(200))
    live = written(tmp_path / "live.csv", quotes(200, 200))
    service = parts.service(*RULE, "--warm-up", past, "--journal", f"{tmp_path}/journals/")
    parts.bridge(broker, service, "--log-level", "warn")
    service.wait_for("^warmed up with 200 quotes of ")
    watcher = watch(broker)
    words = ("replay", live, "--mqtt", broker.url, "--run", "backtest", "--max")
    assert start("market-data", *words).wait() == 0
    topic = "portfolios/sma_cross"
    watcher.wait_until(lambda: watcher.last(topic).get("quote_id") == "live:backtest:200", topic)
    expected = backtest(*RULE, "--data", past, "--data", live)
    assert len(expected) >= 3
    watcher.wait("orders/sma_cross", len(expected))
    assert watcher.raw("orders/sma_cross") == expected
    assert watcher.of(topic)[-1]["seq"] == 200

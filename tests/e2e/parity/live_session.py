"""A session at an exchange: traded live and recorded, then replayed, and backtested.

By hand, with 100,000 trades, some minutes long: `python -m tests.e2e.parity.live_session`.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from market_data.feeds.recording.reading import rows
from tests.support.brokers import Broker
from tests.support.exchanges.binance import BinanceServer
from tests.support.parts import Parts
from tests.support.processes import BIN, Process, eventually
from tests.support.watcher import Watcher

SYMBOL = "BTCUSDT"
RULE = (
    *("--algo", "sma_cross", "--param", "fast=5", "--param", "slow=23"),
    *("--sizing", "fixed_cash", "--param", "bet=10"),
)
BY_HAND = 100_000

_AT_ONCE = 1_000  # trades; while they are sent the test waits


class Orders(NamedTuple):
    """The same session's orders, byte for byte."""

    live: list[str]
    replayed: list[str]
    backtested: list[str]


def run(count: int, start: Callable[..., Process], folder: Path) -> Orders:
    """Let so many trades take place; in the middle of them the connection is lost."""
    recording, config = folder / "recording", folder / "exchange.json"
    patience = 60 + count / 100
    with exchange(config) as binance, pipeline(start, folder / "live") as (broker, watcher):
        address = ("--mqtt", broker.url)
        recorder = start("market-data", "record", "--out", recording, *address)
        recorder.wait_for("^recording ")
        words = ("--exchange", "binance", "--symbol", "BTC/USDT", "--exchange-config", config)
        live = start("market-data", "live", *words, *address)
        eventually(lambda: binance.is_subscribed(SYMBOL), "a subscription")
        for done in range(0, count, _AT_ONCE):
            if done <= count // 2 < done + _AT_ONCE:
                # a session begins with the first trade that arrives
                eventually(lambda: watcher.last("portfolios/sma_cross").get("quote_id"), "a quote")
                binance.cut()
                binance.trade(SYMBOL, min(_AT_ONCE, count - done), sent=False)
            else:
                eventually(lambda: binance.is_subscribed(SYMBOL), "a subscription")
                binance.trade(SYMBOL, min(_AT_ONCE, count - done))
        await_quote(watcher, f"binance:{SYMBOL}:{binance.trades[SYMBOL][-1].number}", patience)
        assert live.stop() == 0
        assert recorder.stop() == 0
        of_live = watcher.raw("orders/sma_cross")
    assert sum(1 for _ in rows(recording)) == count
    with pipeline(start, folder / "replayed") as (broker, watcher):
        replay = start("market-data", "replay", recording, "--max", "--mqtt", broker.url)
        assert replay.popen.wait(patience) == 0
        await_quote(watcher, f"binance:{SYMBOL}:{binance.trades[SYMBOL][-1].number}", patience)
        of_replay = watcher.raw("orders/sma_cross")
    file = folder / "orders.jsonl"
    backtest = (BIN / "algo-service", "backtest", *RULE, "--data", recording, "--orders", file)
    subprocess.run(backtest, check=True, capture_output=True)
    return Orders(of_live, of_replay, file.read_text().splitlines())


@contextmanager
def exchange(config: Path) -> Iterator[BinanceServer]:
    """An exchange that `config` leads to."""
    server = BinanceServer()
    config.write_text(json.dumps(server.config))
    try:
        yield server
    finally:
        server.close()


@contextmanager
def pipeline(start: Callable[..., Process], folder: Path) -> Iterator[tuple[Broker, Watcher]]:
    """A broker, the algorithm and its bridge."""
    folder.mkdir()
    broker = Broker("embedded", folder, start)
    parts = Parts(start, folder)
    service = parts.service(*RULE, "--journal", folder / "journal.db", "--log-level", "warning")
    parts.bridge(broker, service, "--log-level", "warn")
    watcher = Watcher(broker, "orders/#", "portfolios/#")
    try:
        yield broker, watcher
    finally:
        watcher.close()


def await_quote(watcher: Watcher, number: str, patience: float) -> None:
    """Wait until the portfolio is that of this quote, and its orders are there."""
    topic = "portfolios/sma_cross"
    eventually(lambda: watcher.last(topic).get("quote_id") == number, number, patience, 0.1)


def main() -> None:
    """Run it with many trades."""
    started: list[Process] = []

    def start(*command: object, **settings: object) -> Process:
        started.append(Process(*command, **settings))  # type: ignore[arg-type]
        return started[-1]

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            orders = run(BY_HAND, start, folder)
        finally:
            for process in reversed(started):
                process.end()
    print(f"{BY_HAND:,} trades, {len(orders.live):,} orders of the live session")
    for name, others in orders._asdict().items():
        print(f"{name:>12} {'the same' if others == orders.live else 'OTHERS'}")


if __name__ == "__main__":
    main()

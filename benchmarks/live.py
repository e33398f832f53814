"""How fast trades of an exchange are published: `python -m benchmarks.live [--quick]`.

The exchange of the tests sends trades as fast as they are taken. A bare client on the library
`websockets` subscribes to them, parses them, and does no more. Then `market-data live` publishes
them through ccxt to mosquitto, and a bare paho client receives them at QoS 1. Each runs alone. The
exchange may be slower than the bare client, so that its CPU time tells more than its rate.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from benchmarks import record
from tests.support.brokers import Broker
from tests.support.exchanges.binance import BinanceServer
from tests.support.processes import Process, eventually

TRADES, QUICK = 100_000, 10_000
SYMBOL = "BTCUSDT"

_AT_ONCE = 1_000  # trades that are sent in one call
_PATIENCE = 600.0
_TICK = os.sysconf("SC_CLK_TCK")

BARE = """
import asyncio, json, sys, time
from websockets.asyncio.client import connect
async def main(url, count):
    async with connect(url) as stream:
        await stream.send(json.dumps({"method": "SUBSCRIBE", "params": [sys.argv[3]], "id": 1}))
        await stream.recv()
        taken = 0
        while taken < count:
            trade = json.loads(await stream.recv())
            if not taken:
                begun, used = time.monotonic(), time.process_time()
            price, size, at, taken = float(trade["p"]), float(trade["q"]), trade["T"], taken + 1
        print(count / (time.monotonic() - begun), (time.process_time() - used) / count * 1e6)
asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


class Speed(NamedTuple):
    """Trades per second, and CPU time of the client for each in microseconds."""

    rate: float
    cost: float


def bare(exchange: BinanceServer, count: int) -> Speed:
    """Receive and parse with `websockets` alone."""
    url = exchange.config["urls"]["api"]["ws"]["spot"]
    words = [sys.executable, "-c", BARE, url, str(count), f"{SYMBOL.lower()}@aggTrade"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as client:
        send(exchange, count)
        return Speed(*map(float, client.communicate()[0].split()))


def live(exchange: BinanceServer, count: int, folder: Path) -> Speed:
    """Publish with `market-data live`, and receive what it has published."""
    config = folder / "exchange.json"
    config.write_text(json.dumps(exchange.config))
    broker = Broker("mosquitto", folder, Process)
    words = ("--exchange", "binance", "--symbol", "BTC/USDT", "--exchange-config", config)
    source = Process("market-data", "live", *words, "--mqtt", broker.url, "--topic", "quotes/live")
    try:
        record.bare(broker.port, 0)  # it has a session
        reader = [sys.executable, "-c", record.BARE, str(broker.port), str(count)]
        with subprocess.Popen(reader, stdout=subprocess.PIPE, text=True) as receiver:
            before = send(exchange, count, lambda: cpu(source))
            rate = float(receiver.communicate()[0])
        return Speed(rate, (cpu(source) - before) / count * 1e6)
    finally:
        source.end()
        broker.process.end()


def send(exchange: BinanceServer, count: int, begin: Callable[[], float] = float) -> float:
    """Let so many trades take place once somebody is subscribed; return what `begin` does then."""
    eventually(lambda: exchange.is_subscribed(SYMBOL), "a subscription")
    begun = begin()
    for done in range(0, count, _AT_ONCE):
        exchange.trade(SYMBOL, min(_AT_ONCE, count - done))
    return begun


def cpu(process: Process) -> float:
    """The CPU time that a process has taken, in seconds."""
    fields = Path(f"/proc/{process.popen.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def run(count: int) -> None:
    """Measure both, and print it."""
    with tempfile.TemporaryDirectory() as name:
        found = {}
        for client, measure in (
            ("bare websockets", lambda exchange: bare(exchange, count)),
            ("market-data live", lambda exchange: live(exchange, count, Path(name))),
        ):
            exchange = BinanceServer()
            try:
                found[client] = measure(exchange)
            finally:
                exchange.close()
    print(f"{count:,} trades of one instrument")
    print(f"{'':>20}{'trades/s':>12}{'CPU µs/trade':>16}")
    for client, speed in found.items():
        print(f"{client:>20}{speed.rate:>12,.0f}{speed.cost:>16.1f}")
    parsed, published = found.values()
    rate, cost = published.rate / parsed.rate, published.cost / parsed.cost
    print(f"{'ratio':>20}{rate:>12.2f}{cost:>16.1f}")


if __name__ == "__main__":
    run(QUICK if "--quick" in sys.argv[1:] else TRADES)

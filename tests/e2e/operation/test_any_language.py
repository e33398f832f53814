"""The examples in other languages trade, live and over history, as the same rule in Python."""

from __future__ import annotations

import json
import math
import signal
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import zerorpc
import zmq

from market_data import open_feed
from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import BIN, ROOT, Process, eventually, free_port, readyz
from tests.support.watcher import Watcher

EXAMPLES = ROOT / "examples"
END = "2007-08-18"
HISTORY = ("--data", "goog", "--to", END)
MAX_LINES = {"node/means.js": 60, "ruby/means.rb": 120}


def crossings(quotes: Iterable[dict[str, Any]]) -> list[tuple[str, str, float]]:
    """Return the orders of the rule of both examples: side, instrument and price."""
    prices: dict[str, list[float]] = defaultdict(list)
    held: dict[str, bool] = defaultdict(bool)
    orders = []
    for quote in quotes:
        sid = quote["sid"]
        last = prices[sid] = [*prices[sid], quote["quote"]][-20:]
        is_up = sum(last[-5:]) / len(last[-5:]) > sum(last) / len(last)
        if len(last) == 20 and is_up != held[sid]:
            held[sid] = is_up
            orders.append(("buy" if is_up else "sell", sid, quote["quote"]))
    return orders


def waves() -> list[dict[str, Any]]:
    """Return quotes of two instruments that rise and fall; the last one gives an order."""
    quotes = [
        {"sid": sid, "quote": round(100 + 20 * math.sin(n / period), 2), "id": f"{sid}{n}"}
        for n in range(120)
        for sid, period in (("GOOG", 5), ("größe", 8))
    ]
    while crossings(quotes[:-1]) == crossings(quotes):
        quotes.pop()
    return quotes


def shape(orders: Iterable[dict[str, Any]]) -> list[tuple[str, str, float]]:
    return [(order["side"], order["sid"], order["price"]) for order in orders]


@pytest.fixture
def node(start: Callable[..., Process], tmp_path: Path) -> Callable[..., Process]:
    """Starts the example of Node.js as it is where `npm install` was run."""
    (tmp_path / "means.js").symlink_to(EXAMPLES / "node" / "means.js")
    (tmp_path / "package.json").symlink_to(EXAMPLES / "node" / "package.json")
    (tmp_path / "node_modules").symlink_to(ROOT / "bridge_node" / "node_modules")
    command = ("node", "--preserve-symlinks", "--preserve-symlinks-main", "means.js")
    return lambda *options: start(*command, *options, cwd=tmp_path)


def has_ruby() -> bool:
    try:
        words = ["ruby", "-rffi-rzmq", "-rmsgpack", "-e", ""]
        return subprocess.run(words, check=False, capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


needs_ruby = pytest.mark.skipif(
    not has_ruby(),
    reason="Ruby is not installed: `apt-get install ruby ruby-ffi-rzmq ruby-msgpack` to run this",
)


def backtest(address: str, folder: Path) -> list[dict[str, Any]]:
    """Run the backend over the first three years of the sample, and return its orders."""
    file = folder / "orders.jsonl"
    command = (BIN / "algo-service", "backtest", "--rpc", address, "--fresh", *HISTORY)
    ran = subprocess.run(
        [*command, "--json", "--orders", file], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert (told["quotes"], told["failed"]) == (len(history()), 0)
    assert told["fills"] > 20
    return [json.loads(line) for line in file.read_text().splitlines()]


def history() -> list[dict[str, Any]]:
    return [quote._asdict() for quote in open_feed("goog", end=END)]


@pytest.mark.parametrize("name", MAX_LINES)
def test_the_example_is_short(name: str) -> None:
    assert len((EXAMPLES / name).read_text().splitlines()) < MAX_LINES[name]


def test_the_algorithm_in_node_is_found_by_its_announcement_and_trades(
    node: Callable[..., Process],
    start: Callable[..., Process],
    broker: Broker,
    watch: Callable[..., Watcher],
) -> None:
    addr = ("--addr", f"tcp://127.0.0.1:{free_port()}")
    algorithm = node(*addr, "--announce", broker.url)
    watcher = watch(broker, "orders/#", "errors/#", "algos/#")
    http = free_port()
    bridge = start("bridge-node", "--mqtt", broker.url, "--discover", "--http", http)
    eventually(lambda: readyz(http) == 200, "the bridge")
    quotes = waves()
    for quote in quotes:
        watcher.publish(quote)
    expected = crossings(quotes)
    orders = watcher.wait("orders/NodeMeans", len(expected))
    assert shape(orders) == expected
    assert len(expected) > 10

    def states() -> list[str]:
        return [record["state"] for record in watcher.of("algos/NodeMeans")]

    assert set(states()) == {"online"}
    algorithm.kill()
    eventually(lambda: states()[-1] == "lost", "the last will")
    again = node(*addr, "--announce", broker.url)
    eventually(lambda: states()[-1] == "online", "the next process")
    bridge.wait_for("backend .* is ready", count=2)
    for quote in quotes:
        watcher.publish({**quote, "id": f"{quote['id']} again"})
    orders = watcher.wait("orders/NodeMeans", 2 * len(expected))
    assert shape(orders) == 2 * expected
    again.signal(signal.SIGTERM)
    assert again.wait() == 0
    eventually(lambda: states()[-1] == "offline", "the end")
    assert bridge.stop() == 0
    assert watcher.raw("errors/NodeMeans") == []


def test_the_algorithm_in_node_runs_over_history(
    node: Callable[..., Process], tmp_path: Path
) -> None:
    address = f"tcp://127.0.0.1:{free_port()}"
    node("--addr", address).wait_for("^serving on ")
    assert shape(backtest(address, tmp_path)) == crossings(history())


@pytest.fixture
def ruby(start: Callable[..., Process], parts: Parts) -> Callable[[], Process]:
    """Starts the example in Ruby."""

    def starter() -> Process:
        address = parts.address()
        process = start("ruby", EXAMPLES / "ruby" / "means.rb", address)
        process.address = address
        process.wait_for("^serving")
        return process

    return starter


@needs_ruby
def test_the_algorithm_in_ruby_trades_and_decides_a_quote_once(
    ruby: Callable[[], Process],
    parts: Parts,
    broker: Broker,
    watch: Callable[..., Watcher],
) -> None:
    algorithm = ruby()
    bridge = parts.bridge(broker, algorithm, "--name", "RubyMeans")
    watcher = watch(broker, "orders/#", "errors/#")
    quotes = waves()
    for quote in quotes:
        watcher.publish(quote)
    expected = crossings(quotes)
    orders = watcher.wait("orders/RubyMeans", len(expected))
    assert shape(orders) == expected
    watcher.publish(next(each for each in quotes if each["id"] == orders[0]["quote_id"]))
    assert watcher.wait("orders/RubyMeans", len(expected) + 1)[-1] == orders[0]
    assert orders[0].keys() == {
        *("id", "algo", "sid", "side", "kind", "quantity", "price", "amount", "ts", "quote_id")
    }
    assert bridge.stop() == 0
    assert watcher.raw("errors/RubyMeans") == []


@needs_ruby
def test_the_algorithm_in_ruby_runs_over_history(
    ruby: Callable[[], Process], tmp_path: Path
) -> None:
    assert shape(backtest(ruby().address, tmp_path)) == crossings(history())


@needs_ruby
def test_the_server_in_ruby_beats_during_a_call_and_survives_what_is_no_event(
    start: Callable[..., Process], parts: Parts
) -> None:
    address = parts.address()
    code = (
        f'load "{EXAMPLES / "ruby" / "means.rb"}"\n'
        'wait = ->(seconds) { sleep seconds; "done" }\n'
        'methods = { "wait" => wait, "fail" => -> { raise "no" } }\n'
        f'Server.new("{address}", methods, period: 1).run'
    )
    start("ruby", "-e", code)
    client = zerorpc.Client(address, heartbeat=1)
    socket = zmq.Context.instance().socket(zmq.DEALER)
    try:
        socket.connect(address)
        for garbage in (b"", b"\xc1", b"\x93\x01\x02\x03", b"\x80", b"\x91" * 90_000):
            socket.send_multipart([b"", garbage])
        assert client.wait(4) == "done"
        with pytest.raises(zerorpc.RemoteError, match="RuntimeError"):
            client.fail()
        with pytest.raises(zerorpc.RemoteError, match="NameError"):
            client.nothing()
        assert sorted(client._zerorpc_list()) == ["fail", "wait"]
    finally:
        socket.close(0)
        client.close()

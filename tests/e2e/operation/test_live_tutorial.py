"""docs/tutorial/live-binance.md works as it is written, from an exchange of the tests."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from algo_service.commands.main import cli
from market_data.feeds.recording.reading import rows
from tests.support.exchanges.binance import BinanceServer
from tests.support.exchanges.binance_messages import SINCE
from tests.support.exchanges.klines import MINUTE
from tests.support.processes import BIN, ROOT, Process, eventually, free_port, readyz

PAGE = (ROOT / "docs" / "tutorial" / "live-binance.md").read_text()
SYMBOL = "BTCUSDT"
END = "=== status"


@pytest.fixture
def exchange() -> Iterator[BinanceServer]:
    """An exchange with five days of history."""
    server = BinanceServer()
    server.klines.now = SINCE + 5 * 24 * 60 * MINUTE
    yield server
    server.close()


class Shell:
    """A shell with jobs, as a user's is, which runs one command after the other."""

    def __init__(self, folder: Path, variables: dict[str, str]):
        self._shell = subprocess.Popen(
            ["bash", "--norc"],
            cwd=folder,
            env={**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **variables},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.run("set -m")

    def run(self, command: str) -> str:
        """Run a command, and return what it has printed; it has to succeed."""
        assert self._shell.stdin is not None
        assert self._shell.stdout is not None
        self._shell.stdin.write(f"{command}\necho '{END}' $?\n")
        self._shell.stdin.flush()
        lines = []
        for line in self._shell.stdout:
            if line.startswith(END):
                assert line == f"{END} 0\n", (command, lines)
                return "".join(lines)
            lines.append(line)
        raise AssertionError(f"{command} has ended the shell: {lines}")

    def end(self) -> None:
        """End it, with its jobs."""
        assert self._shell.stdin is not None
        self._shell.stdin.write("kill -9 $(jobs -p)\nexit\n")
        self._shell.stdin.close()
        self._shell.wait()


@pytest.fixture
def shell(exchange: BinanceServer, tmp_path: Path) -> Iterator[Shell]:
    """A shell whose commands find the exchange, and free ports."""
    config = tmp_path / "exchange.json"
    config.write_text(json.dumps(exchange.config))
    broker, http = free_port(), free_port()
    address, url = f"tcp://127.0.0.1:{free_port()}", f"mqtt://127.0.0.1:{broker}"
    shell = Shell(
        tmp_path,
        {
            "ALGO_SERVICE_ADDR": address,
            "BRIDGE_BROKER_PORT": str(broker),
            "BRIDGE_HTTP": str(http),
            "BRIDGE_MQTT": url,
            "BRIDGE_RPC": address,
            "MARKET_DATA_EXCHANGE_CONFIG": str(config),
            "MARKET_DATA_MQTT": url,
        },
    )
    shell.http, shell.url = http, url  # type: ignore[attr-defined]
    yield shell
    shell.end()


def commands() -> list[str]:
    blocks = re.findall(r"```console\n(.*?)```", PAGE, re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def figure(text: str, name: str) -> str:
    found = re.search(rf"^{name} +(\S+)$", text, re.MULTILINE | re.IGNORECASE)
    assert found, (name, text)
    return found[1]


def test_the_commands_of_the_tutorial_give_what_it_says(
    exchange: BinanceServer, shell: Shell, start: Callable[..., Process], tmp_path: Path
) -> None:
    """Every command of the page, in its order; trades take place where the page waits for them."""

    def log(name: str) -> str:
        path = tmp_path / f"{name}.log"
        return path.read_text() if path.exists() else ""

    def is_decided() -> bool:
        last = exchange.trades[SYMBOL][-1].number - exchange.trades[SYMBOL][0].number + 1
        # in this process: to start one again and again would slow what is waited for
        text = CliRunner().invoke(cli, ["journal", str(tmp_path / "paper.db")]).output
        return bool(re.search(rf"^quotes +{last}$", text, re.MULTILINE))

    def trade(count: int) -> None:
        eventually(lambda: exchange.is_subscribed(SYMBOL), "a subscription")
        exchange.trade(SYMBOL, count)
        eventually(is_decided, "decisions", interval=0.2)

    printed = {}
    lives = 0
    for command in commands():
        if command == "algo-service watch":
            watch = start(*command.split(), "--mqtt", shell.url)  # type: ignore[attr-defined]
            watch.wait_for("sma_cross")
            watch.stop()
            continue
        if command.startswith("sleep"):
            eventually(lambda: sum(1 for _ in rows(tmp_path / "recorded")) == 500, "the recording")
            continue
        printed.setdefault(command, shell.run(command))
        if command.startswith("bridge-node broker"):
            eventually(lambda: "listening" in log("broker"), "the broker")
        elif command.startswith("algo-service serve"):
            eventually(lambda: "serving on" in log("algo"), "the service")
        elif command.startswith("bridge-node"):
            eventually(lambda: readyz(shell.http) == 200, "the bridge")  # type: ignore[attr-defined]
        elif command.startswith("market-data record"):
            eventually(lambda: "recording" in log("record"), "the recorder")
        elif command.startswith("market-data live"):
            trade(150)
            lives += 1
        elif command.startswith("kill -9"):
            eventually(lambda: not exchange.is_subscribed(SYMBOL), "the end of the stream")
            exchange.trade(SYMBOL, 200, sent=False)
    assert lives == 2
    downloaded, backtest, *_, journal, verified, again = printed.values()
    assert downloaded.endswith("120 candles of BTCUSDT are in history\nno candle is missing\n")
    assert float(figure(backtest, "orders")) > 0
    assert figure(journal, "quotes") == "500"
    assert int(figure(journal, "orders")) > 0
    assert figure(again, "orders") == figure(journal, "orders")
    assert figure(again, "final equity") == figure(journal, "equity")
    assert "500" in verified

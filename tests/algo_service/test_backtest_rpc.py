"""`backtest --rpc` runs any ZeroRPC backend over history."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zerorpc

from tests.algo_service.conftest import Service
from tests.support.processes import BIN, ROOT, Process, free_port

Serve = Callable[..., Service]
CASE = ROOT / "tests" / "cases" / "14_numpy.py"
OWN = ("algo", "parameters")

PLAIN = """
import sys, zerorpc

class Plain:
    def initialize(self, params):
        self.n = 0
        return ['quotes']

    def event(self, quote):
        self.n += 1
        if self.n % 100 == 0:
            raise ValueError('a hundred')
        if self.n == 50:
            return 'buy'
        side = 'buy' if self.n % 20 < 10 else 'sell'
        return [{'side': side, 'sid': quote['sid'], 'quantity': 2}] if self.n % 10 == 0 else None

server = zerorpc.Server(Plain())
server.bind(sys.argv[1])
print('serving', flush=True)
server.run()
"""


def run(*words: object) -> subprocess.CompletedProcess[str]:
    command = [str(BIN / "algo-service"), "backtest", "--data", "goog", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)


@pytest.fixture
def plain(start: Callable[..., Process], tmp_path: Path) -> str:
    """The address of a plain `zerorpc.Server` with the two methods."""
    address = f"tcp://127.0.0.1:{free_port()}"
    file = tmp_path / "plain.py"
    file.write_text(PLAIN)
    start("python", "-u", file, address).wait_for("^serving")
    return address


@pytest.mark.parametrize(
    "options",
    [
        ("--algo", "sma_cross", "--commission", "0.002", "--units", "whole"),
        ("--algo", "random", "--param", "seed=7", "--fill", "next", "--param", "exit=0.2"),
        ("--algo", f"{CASE}:DecimalOrder"),
        ("--algo", f"{CASE}:Amounts"),
    ],
)
def test_a_service_over_history_gives_what_its_algorithm_gives(
    options: tuple[str, ...], serve: Serve, tmp_path: Path
) -> None:
    service = serve(*options, "--log-level", "warning")
    outputs = []
    for words in (("--rpc", service.address), options):
        files = [tmp_path / f"{words[0]}.{name}" for name in ("orders", "trades")]
        ran = run(*words, "--json", "--orders", files[0], "--trades", files[1])
        assert ran.returncode == 0, ran.stderr
        told = json.loads(ran.stdout)
        told["parameters"].pop("seed", None)
        # what gave no order is not told over RPC
        for name in ("not_placed", "not_filled", "rejections", "reasons", "notes"):
            told.pop(name)
        rows = [row.partition(",")[2] for row in files[1].read_text().splitlines()]
        outputs.append((told, files[0].read_text(), rows))
    assert outputs[0] == outputs[1]
    assert outputs[0][0]["fills"] > 0


def test_a_backend_of_two_methods_has_an_account_and_counts_errors(plain: str) -> None:
    """A backend of two methods has an account and its errors are counted."""
    ran = run("--rpc", plain, "--fresh", "--cash", "1000", "--json")
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout)
    assert told["quotes"] + told["failed"] == 2148
    assert told["starting_cash"] == 1000
    # each 10th but those of each 100th, and the one that is none
    assert told["orders"] == 214 - 21 - 1
    assert told["fills"] > 0
    assert told["failed"] == 22
    errors = {each["error"]: each["count"] for each in told["failures"]}
    assert errors["ValueError: a hundred"] == 21
    assert errors["OrderError: event returned 'buy': an order is a map with side, sid and quantity"]


def test_a_backend_that_has_decided_or_keeps_decisions_is_refused(
    serve: Serve, plain: str, tmp_path: Path
) -> None:
    """A backend that has decided or would keep it is refused with the way out."""
    way_out = "start a fresh one for the backtest: algo-service serve --algo random --addr tcp://"
    journal = serve("--journal", tmp_path / "journal.db").address
    ran = run("--rpc", journal)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert f"random at {journal} has a journal, in which" in ran.stderr
    assert way_out in ran.stderr

    fresh = serve().address
    assert run("--rpc", fresh).returncode == 0
    for words in (("--rpc", fresh), ("--rpc", fresh, "--fresh")):
        ran = run(*words)
        assert ran.returncode == 2
        assert "has decided on quotes already, the last one goog:backtest:2148" in ran.stderr
        assert way_out in ran.stderr

    ran = run("--rpc", plain)
    assert ran.returncode == 2
    assert "cannot report whether it has decided on quotes already: restart it, and" in ran.stderr


def test_a_refused_backend_is_left_as_it_was(serve: Serve, plain: str) -> None:
    service = serve()
    client = zerorpc.Client(service.address)
    client.initialize({"cash": 1000})
    client.event({"sid": "GOOG", "quote": 100.0})
    before: Any = client.snapshot()
    assert run("--rpc", service.address).returncode == 2
    assert client.snapshot() == before
    client.close()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--algo", "random"), "--rpc runs a backend in place of --algo: give one of them"),
        (("--sweep", "fast=1..3"), "--sweep starts again for each combination"),
        (("--param", "thresold=1"), 'unknown parameter "thresold": did you mean "threshold"?'),
    ],
)
def test_what_cannot_go_with_a_backend_is_refused(
    words: tuple[str, ...], sentence: str, serve: Serve
) -> None:
    ran = run("--rpc", serve().address, *words)
    assert ran.returncode == 2
    assert sentence in ran.stderr
    assert "Traceback" not in ran.stderr


def test_an_address_without_a_backend_is_refused() -> None:
    ran = run("--rpc", f"tcp://127.0.0.1:{free_port()}")
    assert ran.returncode == 2
    assert "algo-service: no backend answers at tcp://127.0.0.1:" in ran.stderr
    assert run("--rpc", "localhost").stderr.startswith('algo-service: --rpc is "localhost": an')

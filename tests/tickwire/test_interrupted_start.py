"""Ctrl-C while Python imports: the command ends, and shows no traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import BIN, free_port

COMMANDS = {
    "serve": ["algo-service", "serve", "--addr", f"tcp://127.0.0.1:{free_port()}"],
    "backtest": ["algo-service", "backtest", "--data", "goog"],
    "halt": ["algo-service", "halt", "random", "--mqtt", f"mqtt://127.0.0.1:{free_port()}"],
    "replay": ["market-data", "replay", "goog", "--mqtt", f"mqtt://127.0.0.1:{free_port()}"],
    "zerorpc": ["zerorpc", f"tcp://127.0.0.1:{free_port()}", "snapshot"],
}

# Stands in for the user: sends the signal when a certain module is about to be imported.
SITE = """
import os, signal, sys
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["INTERRUPT_AT"]:
            os.kill(os.getpid(), int(os.environ["INTERRUPT_WITH"]))
sys.meta_path.insert(0, Interrupt())
"""

MODULES = {
    "serve": [
        "click",
        "algo_service.commands.main",
        "portfolio",
        "gevent",
        "algo_service.service",
        "zmq",
    ],
    "backtest": [
        "click",
        "algo_service.commands.main",
        "algo_service.backtest",
        "market_data.feeds.feed",
    ],
    "halt": ["click", "algo_service.operator.client", "paho.mqtt.client"],
    "replay": [
        "click",
        "market_data.commands.main",
        "paho.mqtt.client",
        "market_data.replay.replay",
    ],
    "zerorpc": ["algo_service.commands.zerorpc", "zerorpc", "gevent", "zmq"],
}


# The imports leave SIGTERM as it is, which the last one shows; SIGINT is Python's until then.
@pytest.mark.parametrize(
    ("command", "module", "number"),
    [
        *((command, each, signal.SIGINT) for command, all_ in MODULES.items() for each in all_),
        *((command, all_[-1], signal.SIGTERM) for command, all_ in MODULES.items()),
    ],
)
def test_a_command_that_is_interrupted_at_an_import_ends_without_a_word(
    tmp_path: Path, command: str, module: str, number: signal.Signals
) -> None:
    (tmp_path / "sitecustomize.py").write_text(SITE)
    name, *options = COMMANDS[command]
    ended = subprocess.run(
        [sys.executable, BIN / name, *options],
        env={
            **os.environ,
            "PYTHONPATH": str(tmp_path),
            "INTERRUPT_AT": module,
            "INTERRUPT_WITH": str(int(number)),
        },
        text=True,
        capture_output=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert ended.stderr == ""
    assert ended.returncode == -number


def test_ctrl_c_that_the_starter_ignores_stays_ignored(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(SITE)
    ended = subprocess.run(
        [sys.executable, BIN / "market-data", "samples"],
        env={
            **os.environ,
            "PYTHONPATH": str(tmp_path),
            "INTERRUPT_AT": "click",
            "INTERRUPT_WITH": str(int(signal.SIGINT)),
        },
        text=True,
        capture_output=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    assert ended.returncode == 0
    assert "goog" in ended.stdout


def test_an_interrupted_backtest_says_that_it_is_aborted(tmp_path: Path) -> None:
    slow = tmp_path / "slow.py"
    slow.write_text(
        "import os, signal\n"
        "class Slow:\n"
        "    def initialize(self, params): return ['quotes']\n"
        "    def event(self, data): os.kill(os.getpid(), signal.SIGINT)\n"
    )
    ended = subprocess.run(
        [BIN / "algo-service", "backtest", "--algo", f"{slow}:Slow", "--data", "goog"],
        text=True,
        capture_output=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    assert ended.returncode == 1
    assert ended.stderr.strip() == "Aborted!"

"""What importing `market_data` brings in: only what is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

READ = """
import market_data
market_data.open_feed
assert next(iter(market_data.open_feed("goog"))).sid == "GOOG"
"""

BACKTEST = """
from tickwire import backtest
assert backtest("random", "goog", {"seed": 1}).figures()
"""


@pytest.mark.parametrize("code", [READ, BACKTEST], ids=["feed", "backtest"])
def test_reading_history_imports_no_mqtt_client(code: str) -> None:
    code += "import sys; print(*sorted(n for n in sys.modules if n.startswith(('paho', 'ssl'))))\n"
    code += "print(*sorted(name for name in sys.modules if name.startswith('market_data.mqtt')))\n"
    ended = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.split() == []


def test_the_publisher_brings_the_mqtt_client() -> None:
    code = "import sys; from market_data import Publisher; print('paho' in sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True)
    assert ended.stdout == "True\n", ended.stderr

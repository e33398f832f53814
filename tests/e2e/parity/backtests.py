"""Commands about the past, run in this process: to start one takes as long as to run it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from click.testing import CliRunner

from algo_service.commands.main import cli


def backtest(*words: object) -> list[str]:
    """Run `algo-service backtest` with these words, and return its orders, byte for byte.

    :raises AlgoServiceError: as the command does.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "orders.jsonl"
        _printed("backtest", *words, "--orders", file)
        return file.read_text().splitlines()


def kept(journal: Path) -> list[str]:
    """Return the orders that are in a journal, byte for byte."""
    return _printed("journal", journal, "--orders").splitlines()


def _printed(*words: object) -> str:
    ended = CliRunner().invoke(cli, [str(word) for word in words], catch_exceptions=False)
    assert ended.exit_code == 0, ended.output
    return ended.output

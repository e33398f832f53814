"""What a command shows to a person: nothing controls a terminal, and no password is in it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from algo_service.commands.main import main as algo_service
from market_data.commands.main import main as market_data
from telemetry.addresses import without_password, without_passwords
from tests.algo_service.test_trace import Journal, quote

EVIL = "\x1b[2J\x9b1m\u202e\x07\r\nalgorithm  other"
SHOWN = r"\u001b[2J\u009b1m\u202e\u0007\r\nalgorithm  other"

Run = Callable[..., str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in this process, and returns all that it has shown."""

    def runner(command: Callable[[], object], *words: object) -> str:
        monkeypatch.setattr(sys, "argv", ["command", *map(str, words)])
        with contextlib.suppress(SystemExit):
            command()
        found = capsys.readouterr()
        return found.out + found.err

    return runner


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A journal with names of somebody who means ill."""
    found = Journal(tmp_path / "j", max_position=0.01)
    for n in range(2):
        found.call(quote(f"{n}{EVIL}", buy=900, sid=EVIL), at=n)
    found.store.close()
    return found.path


@pytest.mark.parametrize(
    "words",
    [
        ["journal"],
        ["journal", "--orders"],
        ["trace", f"0{EVIL}", "--journal"],
        ["trace", f"0{EVIL}", "--json", "--journal"],
        ["trace", f"3{EVIL}", "--journal"],
        ["verify", "--algo", "buy_and_hold"],
    ],
    ids=["summary", "orders", "trace", "trace as JSON", "an unknown id", "differences"],
)
def test_no_command_shows_what_a_terminal_obeys_or_a_line_that_others_have_forged(
    run: Run, journal: Path, words: list[str]
) -> None:
    shown = run(algo_service, *words, journal)
    assert SHOWN in shown
    assert all(line.isprintable() for line in shown.split("\n"))
    assert "\nalgorithm  other" not in shown


@pytest.mark.parametrize(
    "words",
    [
        ["watch", "mqtt://ann:hunter2@host"],
        ["watch", "--mqt", "mqtt://ann:hunter2@host"],
        ["mqtt://ann:hunter2@host"],
        ["halt", "random", "--mqtt", "mqtt://ann:hunter2"],
        ["serve", "--http", "mqtt://ann:hunter2@host"],
        ["serve", "--addr", "tcp://ann:hunter2@host"],
        ["serve", "--announce", "mqtt://ann:hunter2@host:port"],
        ["serve", "--announce", "mqtt://ann:hunter2@host", "--username", "ben"],
        ["backtest", "--data", "postgres:ann:hunter2@host/db"],
        ["backtest", "--data", "postgresql://ann:hunter2@host:port/db", "--query", "SELECT 1"],
        ["backtest", "--data", "goog", "--rpc", "tcp://ann:hunter2@host"],
        ["verify", "postgresql://ann:hunter2@host/db"],
        ["journal", "postgresql://ann:hunter2@host/db"],
        ["trace", "1", "--rpc", "tcp://ann:hunter2@host:4242:1"],
        ["notify", "--to", "jsno://ann:hunter2@host"],
        ["algos", "--mqtt", "http://ann:hunter2@host"],
    ],
    ids=" ".join,
)
def test_a_mistake_of_algo_service_is_a_sentence_without_a_password(
    run: Run, words: list[str]
) -> None:
    shown = run(algo_service, *words)
    assert shown
    assert "Traceback" not in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    "words",
    [
        ["mqtt://ann:hunter2@host"],
        ["replay", "goog", "mqtt://ann:hunter2@host", "--topic", "#"],
        ["replay", "goog", "--wait-ready", "http://ann:hunter2@host/readyz"],
        ["replay", "ann:hunter2@host/db"],
        ["replay", "postgresql://ann:hunter2@[host/db", "--query", "SELECT 1"],
        ["record", "--to", "postgresql:ann:hunter2@host"],
        ["record", "--to", "postgresql://ann:hunter2@127.0.0.1/db", "--part", "x"],
        ["live", "--sql", "ann:hunter2@host", "--query", "SELECT 1", "--cursor", "id"],
        ["live", "--alpaca", "--symbol", "A", "--stream-url", "wss://ann:hunter2@host"],
        ["indicators", "--indicator", "sma:20", "--mqtt", "mqtt://ann:hunter2@host", "--ca", "x"],
        ["bars", "--every", "1m", "--mqtt", "mqtt://:hunter2@host"],
    ],
    ids=" ".join,
)
def test_a_mistake_of_market_data_is_a_sentence_without_a_password(
    run: Run, words: list[str]
) -> None:
    shown = run(market_data, *words)
    assert shown
    assert "Traceback" not in shown
    assert "hunter2" not in shown


def test_an_address_is_shown_without_user_password_and_options() -> None:
    addresses = {
        "postgresql://ann:p@ss@host:5432/db?sslmode=require": "postgresql://host:5432/db",
        "mqtt://[::1]:1883": "mqtt://[::1]:1883",
        "mqtt://ann:hunter2": "mqtt://ann",
        "sqlite:////data/a:b.db": "sqlite:////data/a:b.db",
        "ann:hunter2@host/db": "host/db",
    }
    assert {url: without_password(url) for url in addresses} == addresses


def test_a_sentence_keeps_what_is_no_password() -> None:
    sentences = {
        "extra argument (mqtt://ann:hunter2@host)": "extra argument (mqtt://host)",
        "'mqtt://ann:h)u.n,ter2@host': no": "'mqtt://host': no",
        "tcp://127.0.0.1:4242, tcp://b:1.": "tcp://127.0.0.1:4242, tcp://b:1.",
        'no file "a@b.csv" at 12:30 by ann@host': 'no file "a@b.csv" at 12:30 by ann@host',
    }
    assert {text: without_passwords(text) for text in sentences} == sentences

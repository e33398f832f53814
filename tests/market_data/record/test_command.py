"""`market-data record`: what it prints, and how it refuses."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from market_data import BrokerAccess, Publisher, Stop
from market_data.commands.main import main
from market_data.feeds.recording.reading import rows
from tests.support.brokers import Broker
from tests.support.processes import BIN, Process, eventually


def publish(broker: Broker, *texts: str) -> None:
    publisher: Publisher[None] = Publisher(
        BrokerAccess.parse(broker.url), "quotes", Stop(), lambda _: None
    )
    publisher.connect()
    for text in texts:
        publisher.publish(text)
    publisher.drain()
    publisher.close()


def test_sigterm_ends_it_with_everything_in_parquet_and_the_counts(
    mosquitto: Broker, start: Callable[..., Process], tmp_path: Path
) -> None:
    """And meanwhile a second recorder on the folder is refused."""
    folder = tmp_path / "prices"
    words = ("market-data", "record", "--out", folder, "--mqtt", mosquitto.url)
    recorder = start(*words, "--session", "mine")
    line = recorder.wait_for("^recording ")
    assert line == f"recording quotes/# of {mosquitto.url} to {folder}, in the session mine"
    publish(mosquitto, '{"goog": 1, "id": "a"}', '{"goog": 1, "id": "a"}', '{"goog": 2}')
    eventually(lambda: len(list(rows(folder))) == 2, "what was published")
    refused = start(*words)
    assert refused.wait() == 2
    assert refused.output == (
        f"Error: {folder}: another recorder writes it (process {recorder.popen.pid}); expected a"
        " folder for each recorder"
    )
    assert recorder.stop() == 0
    assert re.fullmatch(
        r"stopped after [\d.]+ s: 2 messages recorded, 1 that came again left out",
        recorder.output.splitlines()[-1],
    )
    assert not list((folder / "_recording").glob("*.jsonl"))


def test_a_terminal_shows_how_many_there_are_and_where_they_go(
    mosquitto: Broker, tmp_path: Path
) -> None:
    master, terminal = pty.openpty()
    words = ("record", "--out", tmp_path / "r", "--mqtt", mosquitto.url)
    command = [str(BIN / "market-data"), *map(str, words)]
    recorder = subprocess.Popen(command, stdout=terminal, stderr=terminal)
    os.close(terminal)
    shown = b""

    def read(pattern: bytes) -> bool:
        nonlocal shown
        shown += os.read(master, 1000)
        return re.search(pattern, shown) is not None

    try:
        eventually(lambda: read(rb"recording quotes/# of "), "the first line")
        publish(mosquitto, '{"goog": 1}')
        line = rb"\r1 messages  [\d,]+ per second  000000000001.jsonl"
        eventually(lambda: read(line), "the line")
    finally:
        recorder.terminate()
        assert recorder.wait(30) == 0
        os.close(master)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--channel", "quotes#"), "'quotes#' cannot be subscribed to: + and # stand for whole"),
        (("--channel", "a", "--channel", "#"), "'#' cannot be subscribed to: it overlaps with 'a'"),
        (("--part", "0"), "0.0 is not in the range x>0"),
        (("--mqtt", "http://b"), 'the URL has the scheme "http"; expected mqtt://'),
    ],
)
def test_what_it_cannot_do_is_refused_before_a_folder_is_made(
    words: tuple[str, ...], sentence: str, tmp_path: Path
) -> None:
    folder = tmp_path / "r"
    result = CliRunner().invoke(main, ["record", "--out", str(folder), *words])
    assert result.exit_code == 2
    assert sentence in result.output
    assert not folder.exists()


def test_a_folder_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").touch()
    result = CliRunner().invoke(main, ["record", "--out", str(tmp_path)])
    assert (result.exit_code, result.output) == (
        2,
        f"Error: {tmp_path}: it holds other files; expected an empty folder, a new one, or one that"
        " a recorder has written\n",
    )

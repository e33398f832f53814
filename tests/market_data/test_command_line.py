"""A secret on the command line is used, and a line tells that everyone can read it there."""

from __future__ import annotations

import re

import click
import pytest

from algo_service.commands.main import cli
from algo_service.errors import AlgoServiceError
from market_data import FeedError
from market_data.commands.main import main

DATABASE = "mysql+nodriver://ann:hunter2@host/market"
SELECT = ("--query", "SELECT 1")

GIVEN = {
    "MARKET_DATA_TO": (main, ["record", "--to", DATABASE]),
    "MARKET_DATA_SQL": (main, ["live", "--sql", DATABASE, *SELECT, "--cursor", "id"]),
    "ALGO_SERVICE_DATA": (cli, ["backtest", "--data", DATABASE, *SELECT]),
    "ALGO_SERVICE_TO": (cli, ["notify", "--to", "jsno://hunter2@host"]),
}


def warnings(group: click.Group, words: list[str], caplog: pytest.LogCaptureFixture) -> list[str]:
    with pytest.raises((FeedError, AlgoServiceError, click.ClickException, SystemExit)):
        group.main(words, standalone_mode=False)
    assert "hunter2" not in caplog.text
    return [text for text in caplog.messages if "in the list of processes" in text]


@pytest.mark.parametrize("variable", GIVEN)
def test_a_secret_in_an_option_is_told_and_one_in_a_variable_is_not(
    variable: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    group, words = GIVEN[variable]
    (line,) = warnings(group, words, caplog)
    assert re.match(f"(the password|what is secret) in {words[1]} can be seen by everyone", line)
    assert variable in line or "--to-file" in line
    caplog.clear()
    monkeypatch.setenv(variable, words[2])
    assert warnings(group, [words[0], *words[3:]], caplog) == []


def test_the_url_of_a_replay_is_told_only_if_it_has_a_password(
    caplog: pytest.LogCaptureFixture,
) -> None:
    words = ["replay", DATABASE, *SELECT]
    (line,) = warnings(main, words, caplog)
    assert "such as ~/.pgpass" in line
    caplog.clear()
    assert warnings(main, [each.replace(":hunter2", "") for each in words], caplog) == []

"""Which commands `make run` starts, by its variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.run.parts import Part, parts
from tools.run.ports import DEFAULTS


def of(**environment: str) -> dict[str, Part]:
    return {part.name: part for part in parts(environment, DEFAULTS, "7f")}


def after(words: list[str], option: str) -> str:
    return words[words.index(option) + 1]


def test_by_default_the_sample_is_replayed_for_the_random_algorithm() -> None:
    """By default the sample is replayed again and again for the random algorithm."""
    found = of()
    assert list(found) == ["broker", "algo", "bridge", "watch", "replay"]
    assert found["algo"].command[-4:] == ["--algo", "random", "--param", "exit=0.25"]
    replay = found["replay"].command
    assert replay[2] == "goog"
    assert after(replay, "--rate") == "2"
    assert "--loop" in replay


def test_the_parts_of_a_run_are_told_which_run_they_belong_to() -> None:
    found = of()
    assert after(found["bridge"].command, "--run") == "7f"
    assert after(found["replay"].command, "--run") == "7f"
    assert after(found["replay"].command, "--when-ready").endswith(":8080/readyz?run=7f")


def test_data_of_ones_own_is_played_once_and_the_pipeline_stays() -> None:
    replay = of(DATA="prices.csv prices2.csv", RATE="50")["replay"]
    assert replay.command[2:4] == ["prices.csv", "prices2.csv"]
    assert after(replay.command, "--rate") == "50"
    assert "--loop" not in replay.command
    assert replay.may_end
    assert replay.after == ("watch", " equity ")  # nothing of it is missed


def test_data_none_starts_no_feed() -> None:
    assert "replay" not in of(DATA="none")


def test_an_algorithm_has_its_parameters_behind_it() -> None:
    algo = of(ALGO="rsi.py:Rsi --param period=5")["algo"].command
    assert algo[-4:] == ["--algo", "rsi.py:Rsi", "--param", "period=5"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}/my prices.csv", ["{}/my prices.csv"]),
        ("'{}/my prices.csv' goog", ["{}/my prices.csv", "goog"]),
        ("{}/my prices.csv --decimal ,", ["{}/my prices.csv", "--decimal", ","]),
    ],
)
def test_a_path_may_have_spaces(tmp_path: Path, text: str, words: list[str]) -> None:
    (tmp_path / "my prices.csv").touch()
    replay = of(DATA=text.format(tmp_path))["replay"].command
    assert replay[2 : 2 + len(words)] == [word.format(tmp_path) for word in words]


def test_so_may_that_of_an_algorithm(tmp_path: Path) -> None:
    (tmp_path / "my rsi.py").touch()
    algo = of(ALGO=f"{tmp_path}/my rsi.py:Rsi --param period=5")["algo"].command
    assert algo[-3:] == [f"{tmp_path}/my rsi.py:Rsi", "--param", "period=5"]


def test_broker_and_bridge_are_quiet_unless_a_level_is_given() -> None:
    quiet, told = of(), of(LOG_LEVEL="debug")
    assert quiet["bridge"].environment["LOG_LEVEL"] == "warn"
    assert "LOG_LEVEL" not in quiet["algo"].environment
    assert {part.environment["LOG_LEVEL"] for part in told.values()} == {"debug"}


def test_log_lines_are_text_unless_a_format_is_given() -> None:
    shown, kept = of(), of(LOG_FORMAT="json")
    assert {part.environment["LOG_FORMAT"] for part in shown.values()} == {"text"}
    assert {part.environment["LOG_FORMAT"] for part in kept.values()} == {"json"}


@pytest.mark.parametrize("variable", ["DATA", "RATE", "ALGO", "LOG_LEVEL"])
def test_a_variable_that_is_set_to_nothing_counts_as_not_set(variable: str) -> None:
    commands = [part.command for part in parts({variable: ""}, DEFAULTS, "7f")]
    assert commands == [part.command for part in parts({}, DEFAULTS, "7f")]

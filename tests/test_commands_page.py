"""docs/reference/commands.md has every option and variable of every command, and no other."""

from __future__ import annotations

import os
import re
import subprocess
from typing import NamedTuple

import pytest

from tests.support.processes import BIN, ROOT
from tools.run import ports

PAGE = (ROOT / "docs" / "reference" / "commands.md").read_text()
ALGORITHM, READING, BROKER = "of an algorithm", "of reading price history", "of the MQTT broker"

COMMANDS = {
    # command: the sections of the page that hold its options, and what its variables begin with
    "algo-service": ([], ""),
    "algo-service serve": ([ALGORITHM], "ALGO_SERVICE_"),
    "algo-service backtest": ([ALGORITHM, READING], "ALGO_SERVICE_"),
    "algo-service algos": ([BROKER], "ALGO_SERVICE_"),
    "algo-service keys": ([], ""),
    "algo-service journal": ([], ""),
    "algo-service verify": ([], ""),
    "algo-service trace": ([], "ALGO_SERVICE_"),
    "algo-service watch": ([BROKER], "ALGO_SERVICE_"),
    "algo-service notify": ([BROKER], "ALGO_SERVICE_"),
    "algo-service halt": ([BROKER], "ALGO_SERVICE_"),
    "algo-service resume": ([BROKER], "ALGO_SERVICE_"),
    "algo-service reset": ([BROKER], "ALGO_SERVICE_"),
    "algo-service flatten": ([BROKER], "ALGO_SERVICE_"),
    "market-data": ([], ""),
    "market-data download": ([], "MARKET_DATA_"),
    "market-data record": ([BROKER], "MARKET_DATA_"),
    "market-data live": ([BROKER], "MARKET_DATA_"),
    "market-data replay": ([READING, BROKER], "MARKET_DATA_"),
    "market-data indicators": ([BROKER], "MARKET_DATA_"),
    "market-data bars": ([BROKER], "MARKET_DATA_"),
    "market-data samples": ([], ""),
    "bridge-node": ([], "BRIDGE_"),
    "bridge-node access": ([], "BRIDGE_"),
    "bridge-node algos": ([], "BRIDGE_"),
    "bridge-node broker": ([], "BRIDGE_"),
    "bridge-node swap": ([], "BRIDGE_"),
}

NESTED = {"bridge-node access init": ([], ""), "bridge-node access grant": ([], "")}


class Option(NamedTuple):
    """What must agree: the variable, and the default where `--help` shows one."""

    variable: str
    default: str


def section(title: str) -> str:
    """Return the text below a heading, up to the next one."""
    found = re.search(rf"^#+ {title}\n(.*?)(?=^#|\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert found, title
    return found[1]


def rows(text: str) -> list[list[str]]:
    """Return the cells of the tables whose first cell is code."""
    lines = re.findall(r"^\| (`.*) \|$", text, re.MULTILINE)
    return [re.split(r" *\| *", line) for line in lines]


def described(command: str) -> dict[str, Option]:
    """Return the options of a command that the page has."""
    shared, prefix = (COMMANDS | NESTED)[command]
    options = {}
    for text in [section(command), *(section(f"Options {name}") for name in shared)]:
        for cells in rows(text):
            flag = re.findall(r"--[a-z-]+", cells[0])[0]
            variable = cells[1].strip("`").replace("…", prefix) if len(cells) > 2 else ""
            options[flag] = Option(variable, cells[2].strip("`") if len(cells) > 3 else "")
    return options


def offered(command: str) -> dict[str, Option]:
    """Return the options of a command that its `--help` has."""
    name, *rest = command.split()
    ended = subprocess.run(
        [BIN / name, *rest, "--help"],
        text=True,
        capture_output=True,
        check=True,
        env={**os.environ, "COLUMNS": "80"},
    )
    listed = ended.stdout.partition("Options:\n")[2].partition("\nCommands:")[0]
    options = {}
    for entry in re.split(r"\n(?=  -)", "\n" + listed):
        text = " ".join(entry.split())
        if not text:
            continue
        variable = re.search(r"env(?: var)?: (\w+)", text)
        default = re.findall(r"[(\[;,] ?default: (.*?)(?:[;\])]|, env:)", text)
        flag = re.findall(r"--[a-z-]+", text)[0]
        options[flag] = Option(
            variable[1] if variable else "", default[-1].strip('"') if default else ""
        )
    return options


@pytest.mark.parametrize("command", COMMANDS | NESTED)
def test_the_page_has_the_options_and_variables_of_the_help(command: str) -> None:
    page, help_ = described(command), offered(command)
    if command not in {"algo-service", "bridge-node"}:
        del help_["--help"]
    assert sorted(page) == sorted(help_)
    for flag, option in help_.items():
        assert page[flag].variable == option.variable, flag
        if option.default:
            assert page[flag].default == option.default, flag


def test_the_table_above_has_every_command() -> None:
    for name in ("algo-service", "market-data", "bridge-node"):
        ended = subprocess.run([BIN / name, "--help"], text=True, capture_output=True, check=True)
        listed = ended.stdout.partition("Commands:\n")[2]
        found = {f"{name} {each}" for each in re.findall(r"^  ([a-z]+) ", listed, re.MULTILINE)}
        assert found == {each for each in COMMANDS if each.startswith(f"{name} ")}


def test_the_page_has_the_variables_of_make_run() -> None:
    code = (ROOT / "tools" / "run" / "parts.py").read_text()
    read = {*re.findall(r'environment\.get\("(\w+)"\)', code), *ports.DEFAULTS}
    named = {row[0].strip("`") for row in rows(section("make")) if not row[0].startswith("`make")}
    assert named == read
    for name, port in ports.DEFAULTS.items():
        assert f"| `{name}` | `{port}` |" in PAGE


def test_the_page_has_the_targets_of_make() -> None:
    targets = re.search(r"^\.PHONY: (.*)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert targets
    assert set(re.findall(r"^\| `make ([a-z0-9-]+)", section("make"), re.MULTILINE)) == {
        *targets[1].split()
    }


def test_the_page_has_the_variables_of_docker_compose() -> None:
    lines = (ROOT / "docker-compose.yml").read_text().splitlines()
    code = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
    read = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", code)) - {"COMPOSE_PROJECT_NAME"}
    assert {row[0].strip("`") for row in rows(section("docker compose"))} == read

"""A Python that is too old, and files that hide the project's packages, are named in a sentence."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.processes import BIN, ROOT
from tickwire import checks

BEFORE_THE_CHECK = [
    "tickwire/__init__.py",
    "tickwire/entry.py",
    "tickwire/checks.py",
    "algo_service/__init__.py",
    "algo_service/__main__.py",
    "market_data/__init__.py",
    "market_data/__main__.py",
]


@pytest.mark.parametrize("file", BEFORE_THE_CHECK)
def test_what_comes_before_the_check_can_be_read_by_python_3_8(file: str) -> None:
    ast.parse((ROOT / file).read_text(), feature_version=(3, 8))


def test_an_old_python_is_named_with_the_one_that_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 18, "final", 0))
    (needed,) = re.findall(r'^requires-python = ">=(.*)"', _pyproject(), re.MULTILINE)
    assert checks.objection() == (
        f"Tickwire needs Python {needed} or newer, and found 3.9.18 ({sys.executable})"
    )


def _pyproject() -> str:
    return (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 20, 1), (4, 0, 0)])
def test_a_python_that_is_new_enough_is_no_objection(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...]
) -> None:
    monkeypatch.setattr(sys, "version_info", version)
    assert checks.objection() == ""


def run(*command: object, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environment}
    return subprocess.run(
        [str(word) for word in command], cwd=folder, env=env, text=True, capture_output=True
    )


FILES = ["portfolio.py", "market_data.py", "algo_service.py", "portfolio/__init__.py"]
STATEMENTS = [
    "from tickwire import Portfolio",
    "import tickwire; tickwire.backtest",
    "from algo_service.testing import play",
    "from market_data import open_feed",
]


@pytest.mark.parametrize(
    ("file", "statement"),
    [
        (file, statement)
        for file in FILES
        for statement in STATEMENTS
        # else Python imports the user's own, and nothing of the project is asked
        if f" {file.removesuffix('.py')}" not in statement
    ],
)
def test_a_file_of_the_users_own_that_hides_a_package_is_named(
    tmp_path: Path, file: str, statement: str
) -> None:
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.touch()
    hidden = Path(file).parts[0]
    ended = run(sys.executable, "-c", statement, folder=tmp_path)
    assert ended.stderr.splitlines()[-1] == (
        f"ImportError: {tmp_path / hidden} is imported in place of Tickwire's own package"
        f" {hidden.removesuffix('.py')}: rename it, and start Python anew"
    )


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_folder_without_python_files_hides_nothing(tmp_path: Path, statement: str) -> None:
    for name in checks.PACKAGES:
        (tmp_path / name).mkdir()
    assert run(sys.executable, "-c", statement, folder=tmp_path).stderr == ""


@pytest.mark.parametrize(
    ("package", "command"), [("algo_service", "algos"), ("market_data", "samples")]
)
def test_python_m_says_it_in_one_line(tmp_path: Path, package: str, command: str) -> None:
    (tmp_path / "portfolio.py").touch()
    ended = run(sys.executable, "-m", package, command, folder=tmp_path)
    assert ended.returncode == 2
    assert ended.stderr == (
        f"{package.replace('_', '-')}: {tmp_path / 'portfolio.py'} is imported in place of"
        " Tickwire's own package portfolio: rename it, and start Python anew\n"
    )


@pytest.mark.parametrize(
    ("package", "command"), [("algo_service", "algos"), ("market_data", "samples")]
)
def test_python_m_runs_the_command(tmp_path: Path, package: str, command: str) -> None:
    module = run(sys.executable, "-m", package, command, folder=tmp_path)
    script = run(BIN / package.replace("_", "-"), command, folder=tmp_path)
    assert module.returncode == 0
    assert module.stdout == script.stdout


def test_the_commands_run_in_a_folder_with_files_of_these_names(tmp_path: Path) -> None:
    for file in FILES[:3]:
        (tmp_path / file).write_text("raise SystemExit('the wrong file')")
    (tmp_path / "mine.py").write_text(
        "from tickwire import Portfolio\n"
        "from portfolio import PARAMETERS\n"
        "class Mine:\n"
        "    def initialize(self, params):\n"
        "        self.portfolio = Portfolio(params['cash'])\n"
        "        return ['quotes']\n"
        "    def event(self, data):\n"
        "        self.portfolio.buy(data, 1)\n"
    )
    words = ["backtest", "--algo", "./mine.py:Mine", "--data", "goog"]
    ended = run(BIN / "algo-service", *words, folder=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert "Final equity" in ended.stdout

"""`make setup`: what it needs is checked first, and what it does is shown."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.processes import ROOT, Process

NEEDED_PYTHON = re.findall(
    r'^requires-python = ">=(.*)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE
)[0]
NEEDED_NODE = re.findall(r'"node": ">=(.*)"', (ROOT / "bridge_node/package.json").read_text())[0]


class Machine:
    """A PATH that holds nothing but the tools of a shell and what a test puts there."""

    def __init__(self, folder: Path):
        self.folder = folder
        for name in ("sh", "dirname", "sed", "awk", "touch"):
            (folder / name).symlink_to(str(shutil.which(name)))

    def has(self, name: str, script: str) -> None:
        """Put a command there that stands in for the real one."""
        path = self.folder / name
        path.unlink(missing_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def check(self, python: str = "python3") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [ROOT / "tools/check-versions", python],
            env={"PATH": str(self.folder)},
            text=True,
            capture_output=True,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """One that has all that is needed."""
    machine = Machine(tmp_path)
    machine.has("python3", f'exec {sys.executable} "$@"')
    machine.has("node", "echo v99.1.0")
    machine.has("npm", "echo 10")
    return machine


def python_stub(version: str, venv: bool = True) -> str:
    """A Python that knows its version, and whether it has venv."""
    return (
        f'case $2 in *version_info*) echo {version} ;; *"import venv"*) exit {0 if venv else 1} ;;'
        " *) exit 9 ;; esac"
    )


def test_a_machine_with_all_of_it_is_told_what_was_found(machine: Machine) -> None:
    ended = machine.check()
    assert ended.returncode == 0
    version = ".".join(map(str, sys.version_info[:3]))
    assert ended.stdout == f"Python {version} and Node.js 99.1.0\n"
    assert ended.stderr == ""


@pytest.mark.parametrize("version", ["3.9.18", "3.10.13", "2.7.18", "3.6.15"])
def test_an_old_python_is_named_with_the_one_that_is_needed(machine: Machine, version: str) -> None:
    machine.has("python3", python_stub(version))
    ended = machine.check()
    assert ended.returncode == 1
    assert ended.stderr == (
        f"make setup: Tickwire needs Python {NEEDED_PYTHON} or newer, and python3 is {version}\n"
    )


@pytest.mark.parametrize("version", ["3.11.0", "3.20.1", "4.0.0"])
def test_a_newer_python_is_taken(machine: Machine, version: str) -> None:
    machine.has("python3", python_stub(version))
    assert machine.check().returncode == 0


def test_a_newer_python_beside_an_old_one_is_suggested(machine: Machine) -> None:
    machine.has("python3", python_stub("3.9.18"))
    machine.has("python3.12", python_stub("3.12.1"))
    assert machine.check().stderr.endswith(": PYTHON=python3.12 make setup\n")


def test_without_python_it_says_so(machine: Machine) -> None:
    (machine.folder / "python3").unlink()
    assert machine.check().stderr == (
        f"make setup: Tickwire needs Python {NEEDED_PYTHON} or newer, and python3 is not there\n"
    )


def test_a_python_without_venv_is_told_the_package_that_has_it(machine: Machine) -> None:
    machine.has("python3", python_stub("3.11.2", venv=False))
    assert machine.check().stderr == (
        "make setup: Tickwire needs Python's venv module, and python3 has none: on Debian, apt"
        " install python3-venv\n"
    )


@pytest.mark.parametrize("version", ["18.20.4", "9.0.0", "19.9.0"])
def test_an_old_node_is_named_with_the_one_that_is_needed(machine: Machine, version: str) -> None:
    machine.has("node", f"echo v{version}")
    ended = machine.check()
    assert ended.returncode == 1
    assert ended.stderr == (
        f"make setup: Tickwire needs Node.js {NEEDED_NODE} or newer, and node is {version}:"
        " https://nodejs.org/en/download\n"
    )


def test_all_that_is_missing_is_said_at_once(machine: Machine) -> None:
    for name in ("python3", "node", "npm"):
        (machine.folder / name).unlink()
    ended = machine.check()
    assert ended.returncode == 1
    needs = [line.split(",")[0] for line in ended.stderr.splitlines()]
    assert needs == [
        f"make setup: Tickwire needs Python {NEEDED_PYTHON} or newer",
        f"make setup: Tickwire needs Node.js {NEEDED_NODE} or newer",
        "make setup: Tickwire needs npm",
    ]


def test_setup_installs_nothing_on_a_machine_that_lacks_something(
    machine: Machine, tmp_path: Path
) -> None:
    machine.has("node", "echo v18.20.4")
    clone = tmp_path / "clone"
    (clone / "bridge_node").mkdir(parents=True)
    for file in ("Makefile", "pyproject.toml", "requirements-dev.txt", "bridge_node/package.json",
                 "bridge_node/package-lock.json"):  # fmt: skip
        shutil.copy(ROOT / file, clone / file)
    shutil.copytree(ROOT / "tools", clone / "tools")
    ended = subprocess.run(
        [str(shutil.which("make")), "setup"],
        cwd=clone,
        env={"PATH": str(machine.folder)},
        text=True,
        capture_output=True,
    )
    assert ended.returncode == 2
    assert "needs Node.js" in ended.stderr
    assert not (clone / ".venv").exists()


def test_a_step_says_what_it_does_and_nothing_of_its_command(start: Callable[..., Process]) -> None:
    step = start(ROOT / "tools/step", "Python: 44 packages", "sh", "-c", "echo chatter")
    assert step.wait() == 0
    assert step.output == "Python: 44 packages"


def test_a_step_that_fails_shows_all_of_its_command(start: Callable[..., Process]) -> None:
    step = start(ROOT / "tools/step", "Node.js", "sh", "-c", "echo one; echo two >&2; exit 7")
    assert step.wait() == 7
    assert step.output.splitlines() == ["Node.js", "one", "two"]


def test_a_step_that_takes_long_shows_how_far_it_is(start: Callable[..., Process]) -> None:
    code = "echo Collecting click; echo WARNING: of no interest; exec sleep 1000"
    step = start(ROOT / "tools/step", "Python", "sh", "-c", code)
    step.wait_for(r"^   5 s  Collecting click$")

"""`tools.together`: steps that run side by side, whole outputs, and nothing left behind."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.processes import Process, eventually

Together = Callable[..., Process]


@pytest.fixture
def together(start: Callable[..., Process]) -> Together:
    return lambda width, *commands: start(sys.executable, "-m", "tools.together", width, *commands)


def outcomes(output: str) -> list[str]:
    return re.findall(r"^--- \[after \d+ s\] (.*)$", output, re.MULTILINE)


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def test_what_each_step_prints_is_whole_though_they_run_at_once(
    together: Together, tmp_path: Path
) -> None:
    """Each prints a line, awaits that of the other, and prints another."""
    one, two = (
        f"echo {mine} 1; touch {tmp_path}/{mine};"
        f" until [ -e {tmp_path}/{other} ]; do sleep 0.01; done; echo {mine} 2"
        for mine, other in (("one", "two"), ("two", "one"))
    )
    running = together(2, one, two)
    assert running.wait() == 0
    assert "\none 1\none 2" in running.output
    assert "\ntwo 1\ntwo 2" in running.output


def test_no_more_run_at_a_time_than_is_said(together: Together, tmp_path: Path) -> None:
    alone = f"mkdir {tmp_path}/lock && sleep 0.05 && rmdir {tmp_path}/lock"
    assert together(1, alone, alone, alone).wait() == 0


def test_a_failure_fails_the_run_comes_last_and_stops_no_other_step(together: Together) -> None:
    running = together(1, "echo first; exit 7", "echo second", "echo third; kill -KILL $$")
    assert running.wait() == 7
    assert [each.partition(":")[0] for each in outcomes(running.output)] == [
        "begins",
        "failed with status 7, what it has printed comes last",
        "begins",
        "passed",
        "begins",
        "failed with status -9, what it has printed comes last",
        "failed with status 7",
        "failed with status -9",
    ]
    assert re.search(r"second.*\nfirst\n.*third", running.output, re.DOTALL)


def test_a_signal_ends_all_steps_and_what_they_have_started(
    together: Together, tmp_path: Path
) -> None:
    """Also processes with a session of their own, deaf ones, and those whose parent has ended."""
    pids = [tmp_path / f"pid{n}" for n in range(4)]
    deaf = "trap '' TERM INT HUP"
    running = together(
        3,
        f"trap 'echo cleaned up; exit 0' TERM; echo $$ >{pids[0]}; while :; do sleep 0.05; done",
        f"setsid bash -c 'echo $$ >{pids[1]}; exec sleep 600' & sleep 600",
        f'(setsid bash -c "{deaf}; echo \\$\\$ >{pids[2]}; exec sleep 600" &);'
        f" echo $$ >{pids[3]}; exec sleep 600",
        "echo never begun",
    )
    eventually(lambda: all(each.exists() and each.read_text() for each in pids), "all processes")
    started = [int(each.read_text()) for each in pids]
    assert all(map(is_running, started))
    assert running.stop() == 128 + 15
    assert not any(map(is_running, started))
    assert "cleaned up" in running.output
    assert outcomes(running.output)[-1].startswith("ended before it was done")
    assert "begins: echo never begun" not in running.output

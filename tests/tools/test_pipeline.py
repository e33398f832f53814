"""How `make run` starts parts and ends them, with small parts in place of the real ones."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.processes import Process, eventually

RUN = """
import os, sys
from tools.run.parts import Part
from tools.run.pipeline import Pipeline
parts = [
    Part(name, ["sh", "-c", code], os.environ, stage, name == "feed", *after)
    for name, stage, code, *after in {!r}
]
sys.exit(Pipeline(parts).run())
"""

WAITS = "trap 'echo ended; exit 0' TERM; echo up; while :; do sleep 0.05; done"

Run = Callable[..., Process]


@pytest.fixture
def run(start: Callable[..., Process]) -> Run:
    """Starts a pipeline of (name, stage, code for a shell)."""
    return lambda *parts: start("python", "-c", RUN.format(parts))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_parts_in_the_order_of_their_stages(
    run: Run, number: signal.Signals
) -> None:
    running = run(("broker", 2, WAITS), ("bridge", 1, WAITS), ("feed", 0, WAITS))
    for name in ("broker", "bridge", "feed"):
        running.wait_for(rf"^{name} +\| up$")
    running.signal(number)
    assert running.wait() == 0
    said = running.output.splitlines()[3:]
    assert said == ["make run: ending", "feed   | ended", "bridge | ended", "broker | ended"]


def test_a_part_that_fails_ends_the_run_with_its_status_and_sentence(run: Run) -> None:
    """A part that fails ends the run with its status and its sentence last."""
    running = run(("algo", 1, "echo no such file; exec >&-; sleep 0.3; exit 2"), ("feed", 0, WAITS))
    assert running.wait() == 2
    assert running.output.splitlines()[-2:] == [
        "algo | no such file",
        "make run: algo ended with status 2: ending the run",
    ]


def test_a_part_that_ends_and_must_not_is_no_success(run: Run) -> None:
    assert run(("broker", 1, "exit 0"), ("feed", 0, WAITS)).wait() == 1


def test_a_feed_that_has_ended_leaves_the_others_running(run: Run) -> None:
    running = run(("broker", 1, WAITS), ("feed", 0, "echo sent; exit 0"))
    running.wait_for("^make run: feed has ended; the other parts go on until Ctrl-C$")
    running.wait_for(r"^broker \| up$")
    assert running.popen.poll() is None
    running.signal(signal.SIGINT)
    assert running.wait() == 0


def test_a_part_that_comes_after_another_starts_at_its_line(run: Run) -> None:
    watch = "echo connecting; sleep 0.2; echo seen by watch; " + WAITS
    running = run(("feed", 0, "echo sent", ("watch", "seen")), ("watch", 1, watch))
    running.wait_for("feed has ended")
    running.signal(signal.SIGINT)
    assert running.wait() == 0
    order = [line for line in running.output.splitlines() if "seen" in line or "sent" in line]
    assert order == ["watch | seen by watch", "feed  | sent"]


def test_a_part_that_has_not_started_is_not_ended(run: Run) -> None:
    running = run(("feed", 0, "echo sent", ("watch", "seen")), ("watch", 1, WAITS))
    running.wait_for(r"\| up$")
    running.signal(signal.SIGINT)
    assert running.wait() == 0
    assert "sent" not in running.output


def test_a_part_that_does_not_end_is_killed_with_what_it_started(run: Run, tmp_path: Path) -> None:
    child = tmp_path / "child"
    deaf = f"trap '' TERM; sleep 1000 & echo $! > {child}; echo up; wait"
    running = run(("algo", 0, deaf))
    running.wait_for(r"\| up")
    running.signal(signal.SIGINT)
    running.wait_for("^make run: ending$")
    running.signal(signal.SIGINT)  # a second one does not wait
    running.wait_for("^make run: killing algo, which does not end$")
    assert running.wait() == 0
    eventually(lambda: not _is_alive(int(child.read_text())), "the end of what it started")


def _is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split(")")[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_lines_are_shown_whole_whatever_their_length_and_bytes(run: Run) -> None:
    code = "head -c 200000 /dev/zero | tr '\\0' x; echo; printf 'caf\\351\\n'; printf 'no end'"
    running = run(("broker", 1, WAITS), ("feed", 0, code))
    running.wait_for(r"^feed   \| x{200000}$")
    running.wait_for(r"^feed   \| caf\ufffd$")
    running.wait_for(r"^feed   \| no end$")
    running.signal(signal.SIGINT)
    assert running.wait() == 0


def test_the_run_ends_when_nobody_reads_it_any_more() -> None:
    parts = [("broker", 1, "trap 'exit 0' TERM; while :; do echo x; sleep 0.01; done")]
    read, write = os.pipe()
    running = subprocess.Popen(
        [sys.executable, "-c", RUN.format(parts)], stdout=write, stderr=subprocess.PIPE
    )
    os.close(write)
    os.read(read, 10)
    os.close(read)
    assert running.communicate()[1] == b""

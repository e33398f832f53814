"""Steps that run side by side: whole outputs, failures last, no process left behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import IO, NoReturn

from tools.together.descendants import descendants

GRACE = 20.0
"""Seconds that the steps are given to clean up."""

GRACE_OF_THE_REST = 2.0
"""Seconds that processes are given which a step has left behind, before they are killed."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)


class _Step:
    """A command under way, whose output goes into a file."""

    def __init__(self, command: str):
        self.command = command
        self.output: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - it outlives this function
        self.process = subprocess.Popen(
            ["bash", "-c", command],
            stdin=subprocess.DEVNULL,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


class Steps:
    """Commands of which `width` run at a time.

    What one prints comes whole: as soon as it has passed, or last if it has failed. A failure stops
    no other. A signal ends all that run, with every process that they have started.
    """

    def __init__(self, commands: list[str], width: int):
        self._waiting = list(commands)
        self._width = width
        self._running: dict[int, _Step] = {}
        self._failed: list[tuple[str, _Step]] = []
        self._start = time.monotonic()

    def run(self) -> int:
        """Run all, and return the exit status: that of a step, or 128 and the signal's number."""
        # Orphans of the steps become children of this process, so that it can find them.
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        for number in SIGNALS:
            signal.signal(number, _stop)
        status = 0
        try:
            while self._waiting or self._running:
                while self._waiting and len(self._running) < self._width:
                    self._begin(self._waiting.pop(0))
                ended = self._await_one()
                status = status or ended
        except _Stopped as stopped:
            status = 128 + stopped.number
            for number in SIGNALS:
                signal.signal(number, signal.SIG_IGN)
            self._end_all()
        for outcome, step in self._failed:
            self._show(outcome, step)
        return status

    def _begin(self, command: str) -> None:
        step = _Step(command)
        self._running[step.process.pid] = step
        self._say(f"begins: {command}")

    def _await_one(self) -> int:
        """Await the end of a process, and return the status of the step that it was."""
        pid, wait_status = os.wait()
        step = self._running.pop(pid, None)
        if step is None:
            return 0  # an orphan of a step
        step.process.returncode = code = os.waitstatus_to_exitcode(wait_status)
        if code == 0:
            self._show("passed", step)
            return 0
        self._say(f"failed with status {code}, what it has printed comes last: {step.command}")
        self._failed.append((f"failed with status {code}", step))
        return code if code > 0 else 128 - code

    def _end_all(self) -> None:
        """End the steps, which may clean up, and then whatever they have left."""
        for pid in self._running:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGTERM)
        _reap_until(lambda: not descendants(os.getpid()) & {*self._running}, GRACE)
        for number, patience in (signal.SIGTERM, GRACE_OF_THE_REST), (signal.SIGKILL, GRACE):
            for pid in descendants(os.getpid()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            _reap_until(lambda: not descendants(os.getpid()), patience)
        self._failed += [("ended before it was done", step) for step in self._running.values()]

    def _show(self, outcome: str, step: _Step) -> None:
        self._say(f"{outcome}: {step.command}")
        step.output.seek(0)
        shutil.copyfileobj(step.output, sys.stdout.buffer)
        step.output.close()
        sys.stdout.flush()

    def _say(self, text: str) -> None:
        sys.stdout.write(f"\n--- [after {time.monotonic() - self._start:.0f} s] {text}\n")
        sys.stdout.flush()


class _Stopped(BaseException):
    """A signal says that all is to end."""

    def __init__(self, number: int):
        self.number = number


def _stop(number: int, _: object) -> NoReturn:
    raise _Stopped(number)


def _reap_until(condition: Callable[[], bool], patience: float) -> None:
    """Take note of processes that have ended until the condition holds, or for so many seconds."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if condition():
            return
        time.sleep(0.05)

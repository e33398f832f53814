"""Real processes for tests: start one, await a line of its output, end it."""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PATIENCE = 30.0


def _ports() -> Iterator[int]:
    # Below the range from which systems take the ports of outgoing connections: one of those could
    # take a port between its choice and its use. Each worker of a test run has a part of its own.
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    count = 22_000 // _WORKERS
    first = 10_000 + worker % _WORKERS * count
    return (first + (os.getpid() + n) % count for n in itertools.count())


_WORKERS = 8
_PORTS = _ports()


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listens on, and that was not returned before."""
    for port in _PORTS:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("the ports never end")


def readyz(port: int) -> int:
    """The HTTP status of a bridge's /readyz; 0 while it does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code
    except OSError:
        return 0


def eventually(
    condition: Callable[[], object], what: str, patience: float = PATIENCE, interval: float = 0.02
) -> object:
    """Await a condition and return its first true value; AssertionError after `patience`."""
    deadline = time.monotonic() + patience
    while not (value := condition()):
        assert time.monotonic() < deadline, f"waited {patience:g} s in vain for {what}"
        threading.Event().wait(interval)
    return value


class Process:
    """A process of the project whose output can be awaited; stdout and stderr are one text."""

    def __init__(self, *command: object, env: dict[str, str] | None = None, cwd: Path = ROOT):
        self.command = [str(word) for word in command]
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        self._lines: list[str] = []
        self._changed = threading.Condition()
        self.popen = subprocess.Popen(
            self.command,
            cwd=cwd,
            env={**os.environ, "PATH": path, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.popen.stdout is not None
        for line in self.popen.stdout:
            with self._changed:
                self._lines.append(line.rstrip("\n"))
                self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()

    @property
    def output(self) -> str:
        """Everything printed so far."""
        with self._changed:
            return "\n".join(self._lines)

    def wait_for(self, pattern: str, patience: float = PATIENCE, count: int = 1) -> str:
        """Await the `count`-th line in which `pattern` is found, and return it."""
        deadline = time.monotonic() + patience
        with self._changed:
            while True:
                found = [line for line in self._lines if re.search(pattern, line)]
                if len(found) >= count:
                    return found[count - 1]
                remaining = deadline - time.monotonic()
                ended = self.popen.poll() is not None and not self._reader.is_alive()
                if ended or remaining <= 0:
                    raise AssertionError(
                        f"{' '.join(self.command)}: no line with {pattern!r}"
                        f" (exit status {self.popen.poll()}); it printed:\n"
                        + "\n".join(self._lines)
                    )
                self._changed.wait(min(remaining, 0.2))

    def wait(self, patience: float = PATIENCE) -> int:
        """Await the end of the process and return its exit status."""
        status = self.popen.wait(patience)
        self._reader.join(patience)
        return status

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to this process alone."""
        self.popen.send_signal(number)

    def stands_still(self) -> bool:
        """Whether SIGSTOP has stopped this process, which has not been waited for."""
        status = Path(f"/proc/{self.popen.pid}/stat").read_text()
        return status.rpartition(")")[2].split()[0] == "T"

    def kill(self) -> None:
        """End the process at once, as a crash would."""
        self.signal(signal.SIGKILL)
        self.wait()

    def stop(self) -> int:
        """Ask the process to end, as an operator would, and return its exit status."""
        if self.popen.poll() is None:
            self.signal(signal.SIGTERM)
        return self.wait()

    def end(self) -> None:
        """Clean up after a test: the process and whatever it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        self.popen.wait()


@contextlib.contextmanager
def started() -> Iterator[Callable[..., Process]]:
    """Yield what starts a process; all that it has started end with the `with` statement."""
    running: list[Process] = []

    def start(*command: object, **options: object) -> Process:
        running.append(Process(*command, **options))
        return running[-1]

    try:
        yield start
    finally:
        for process in reversed(running):
            process.end()

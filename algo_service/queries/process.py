"""Has questions answered in a process of its own, so that no question delays a decision."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import gevent
import gevent.lock
import gevent.socket

from algo_service.errors import QueryError
from algo_service.queries.question import Question

MAX_WAITING = 8
"""Questions that are asked at a time; they are answered one after the other."""

PATIENCE = 10.0
"""Seconds that a question may wait for others, and then for its own answer."""

IDLE = 60.0
"""Seconds without a question after which the process ends."""

_ROOT = Path(__file__).parents[2]
"""Where the package `algo_service` is."""


class QueryProcess:
    """Answers questions from a journal, which it reads by a connection of its own.

    The process starts at the first question, and ends when none has come for a while. All calls
    come on the thread of gevent's hub.

    :param file: the journal, in the present layout; this process or another one writes it.
    :param idle: seconds without a question after which the process ends.
    """

    def __init__(self, file: Path, idle: float = IDLE):
        self._file = file.absolute()
        self._idle = idle
        self._turn = gevent.lock.BoundedSemaphore(1)
        self._waiting = 0
        self._reader: _Reader | None = None
        self._ending: Any = None
        self._is_shut = False

    def ask(self, question: Question) -> str:
        """Return the answer as JSON text.

        :raises QueryError: if there is none, with the reason.
        """
        if self._waiting >= MAX_WAITING:
            raise QueryError(f"{MAX_WAITING} questions wait already: ask again later")
        self._waiting += 1
        try:
            if not self._turn.acquire(timeout=PATIENCE):
                raise QueryError(f"the questions before it took {PATIENCE:g} seconds: ask again")
            try:
                reply = self._exchange(question)
            finally:
                self._turn.release()
        finally:
            self._waiting -= 1
        if reply.startswith("+"):
            return reply[1:-1]
        raise QueryError(reply[1:-1])

    def shut(self) -> None:
        """Read the journal no longer, until `open`; a question under way gets no answer."""
        self._is_shut = True
        self._end()

    def open(self) -> None:
        """Read the journal again when a question comes."""
        self._is_shut = False

    def _exchange(self, question: Question) -> str:
        if self._is_shut:
            raise QueryError("the journal is being closed")
        self._keep()
        if self._reader is None:
            self._reader = _Reader(self._file)
        reader, reply = self._reader, ""
        try:
            with gevent.Timeout(PATIENCE):
                reply = reader.exchange(json.dumps(question))
        except gevent.Timeout:
            raise QueryError(f"there is no answer within {PATIENCE:g} seconds") from None
        except OSError:
            pass  # it has ended
        finally:
            # the answer to one who has given up would be taken for that of the next question
            if not reply:
                self._end()
                reader.close()
        if not reply:
            raise QueryError("the process that reads the journal has ended: ask again")
        self._ending = gevent.spawn_later(self._idle, self._end_idle)
        return reply

    def _end_idle(self) -> None:
        self._ending = None
        self._end()

    def _keep(self) -> None:
        if self._ending is not None:
            self._ending.kill(block=False)
            self._ending = None

    def _end(self) -> None:
        self._keep()
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.end()
            if not self._turn.locked():  # nobody waits for an answer, who would close it
                reader.close()


class _Reader:
    """The process at work, and the socket that is its standard input."""

    def __init__(self, file: Path):
        ours, theirs = socket.socketpair()  # gevent's would not block at the other end, either
        with theirs:
            paths = [path for path in (os.environ.get("PYTHONPATH"), str(_ROOT)) if path]
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "algo_service.queries", str(file)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
                process_group=0,  # Ctrl-C is the service's; this process ends with it
            )
        self._channel = gevent.socket.socket(ours.family, ours.type, fileno=ours.detach())
        self._lines = self._channel.makefile("rb")

    def exchange(self, line: str) -> str:
        """Send a line, and return the line that is the answer, with its end; empty without one."""
        self._channel.sendall(f"{line}\n".encode())
        reply = self._lines.readline().decode()
        return reply if reply.endswith("\n") else ""

    def end(self) -> None:
        """End the process, whatever it does: it only reads. Who waits for its answer gets none."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        """Close the socket, which nobody waits for any more."""
        self._lines.close()
        self._channel.close()

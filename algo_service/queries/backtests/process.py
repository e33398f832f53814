"""The process of one backtest: starts it, reads how far it is, ends it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gevent
import gevent.socket

from algo_service.queries.backtests.bounds import MAX_MEMORY, MAX_SECONDS

_ROOT = Path(__file__).parents[3]
"""Where the package `algo_service` is."""

_ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Each thread of a numeric library takes address space, of which the process has a bound."""


class BacktestProcess:
    """A backtest under way. All calls come on the thread of gevent's hub.

    :param request: what `__main__.py` reads.
    :raises OSError: if it cannot be started.
    """

    def __init__(self, request: Mapping[str, Any]):
        ours, theirs = socket.socketpair()
        paths = [path for path in (os.environ.get("PYTHONPATH"), str(_ROOT)) if path]
        try:
            with theirs:
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "algo_service.queries.backtests"],
                    stdin=theirs.fileno(),
                    # what the algorithm prints is not what the service prints
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env={**os.environ, **_ONE_THREAD, "PYTHONPATH": os.pathsep.join(paths)},
                    process_group=0,  # Ctrl-C is the service's; this process ends with it
                )
        except OSError:
            ours.close()
            raise
        self._channel = gevent.socket.socket(ours.family, ours.type, fileno=ours.detach())
        self._request = f"{json.dumps(request)}\n".encode()

    def follow(self, advance: Callable[[int], None]) -> tuple[bool, str]:
        """Wait for its end; return whether there is a report, and the report or why there is none.

        :param advance: called with how many quotes have been read in all.
        """
        lines = self._channel.makefile("rb")
        try:
            self._channel.sendall(self._request)
            for line in lines:
                text = line.decode()
                if not text.endswith("\n"):
                    break
                if text[0] == "#":
                    advance(int(text[1:]))
                else:
                    return text[0] == "+", text[1:-1]
        except OSError:
            pass  # it has ended
        finally:
            lines.close()
            self._channel.close()
            # to give back its memory takes long enough for decisions to notice
            while self._process.poll() is None:
                gevent.sleep(0.01)
        return False, _why(self._process.returncode)

    def end(self) -> None:
        """End it, with the processes that it has started; `follow` returns then."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)


def _why(status: int) -> str:
    if status == -signal.SIGALRM:
        return f"it took longer than {MAX_SECONDS // 60} minutes, and was ended: choose less data"
    if status < 0:
        memory = f"perhaps for lack of memory, of which it has {MAX_MEMORY // 1024**3} GiB"
        return f"its process was ended by {signal.Signals(-status).name}: {memory}"
    return f"its process has ended with status {status}, and without a report"

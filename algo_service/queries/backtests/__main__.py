"""Runs one backtest for `process.py`: its request on a line, then `#` lines with the quotes read.

The last line is the report behind a `+`, or why there is none behind a `-`. The process ends when
the service, which is at the other end of its standard input, ends.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import threading
import time
from collections import deque
from typing import Any

from algo_service.engine.failure import sentence
from algo_service.errors import AlgoServiceError
from algo_service.queries.backtests.bounds import MAX_MEMORY, MAX_ORDERS, MAX_SECONDS, NICENESS
from market_data.errors import FeedError
from portfolio import Order, ParameterError

_PACE = 0.2
"""Seconds between two lines that tell how far it is."""


def main() -> None:
    """Run it, within its bounds."""
    os.nice(NICENESS)
    signal.alarm(MAX_SECONDS)  # its default: the process ends, whatever an algorithm does
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    memory = MAX_MEMORY if most == resource.RLIM_INFINITY else min(MAX_MEMORY, most)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    channel = socket.socket(fileno=0)
    request = json.loads(channel.makefile("rb").readline())
    threading.Thread(target=_end_with, args=(channel,), daemon=True).start()
    try:
        line = f"+{_run(request, _Progress(channel))}"
    except MemoryError:
        line = f"-it needs more than {MAX_MEMORY // 1024**3} GiB of memory: choose less data"
    except (AlgoServiceError, FeedError, ParameterError) as error:
        line = f"-{error}"
    except BaseException as error:  # an algorithm may raise anything, SystemExit too
        line = f"-it has failed: {sentence(error)}"
    channel.sendall(f"{' '.join(line.splitlines())}\n".encode(errors="replace"))
    os._exit(0)  # threads and exit functions of an algorithm have no say


def _run(request: dict[str, Any], progress: _Progress) -> str:
    # what reads files and computes is imported within the bounds
    from algo_service.backtest.run import backtest
    from algo_service.queries.backtests.outcome import report

    orders: deque[Order] = deque(maxlen=MAX_ORDERS)
    result = backtest(
        request["algo"],
        request["data"],
        request["params"],
        keep="chart",
        on_order=orders.append,
        advance=progress.advance,
        **request["options"],
    )
    progress.tell()
    return report(result, list(orders))


class _Progress:
    """Tells how many quotes have been read."""

    def __init__(self, channel: socket.socket):
        self._channel = channel
        self._quotes = 0
        self._next = 0.0

    def advance(self, quotes: int) -> None:
        self._quotes += quotes
        if (now := time.monotonic()) >= self._next:
            self._next = now + _PACE
            self.tell()

    def tell(self) -> None:
        self._channel.sendall(f"#{self._quotes}\n".encode())


def _end_with(channel: socket.socket) -> None:
    channel.recv(1)  # the service sends nothing more: it has ended
    os._exit(1)


main()

"""mosquitto_sub that only receives: the ceiling of what a program can receive.

It writes what it receives to a file, which is then checked for its numbers.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.environment import PartyError
from benchmarks.pipeline.stage import Stage
from tests.support.processes import eventually

NAME = "mosquitto_sub"
PATIENCE = 300.0


class Receiver:
    """A persistent session at the broker, and the process that receives what comes in it.

    :param numbers: of the messages that it is to receive before it ends, in their order.
    :param number: returns the number of a message.
    """

    def __init__(
        self,
        stage: Stage,
        numbers: range,
        topic: str = "quotes",
        number: Callable[[dict[str, Any]], int] = lambda quote: int(quote["id"]),
    ):
        self._stage = stage
        self._numbers = numbers
        self._number = number
        self._file = stage.folder / "received.jsonl"
        session = ("-p", stage.broker.port, "-i", "bench-receiver", "-c", "-q", "1", "-t", topic)
        self._command = (
            *("sh", "-c", f'exec mosquitto_sub "$@" > {self._file}', "sh"),
            *(*session, "-C", len(numbers)),
        )
        if stage.start("mosquitto_sub", *session, "-E").wait() != 0:
            raise PartyError("mosquitto_sub could not subscribe")

    def start(self) -> None:
        """Begin to receive."""
        self._process = self._stage.start(*self._command)

    def wait_for(self, count: int) -> None:
        """Wait until this number has come."""
        eventually(lambda: count_lines(self._file) >= count, "quotes at mosquitto_sub")

    def end(self) -> int:
        """Wait for the last message, check all, and return the time of the end, in ns.

        :raises PartyError: if not every message was received once and in order.
        """
        watchdog = threading.Timer(PATIENCE, self._process.popen.kill)
        watchdog.start()
        status = self._process.popen.wait()
        ended = time.monotonic_ns()
        watchdog.cancel()
        if status != 0:
            have = count_lines(self._file)
            raise PartyError(f"mosquitto_sub has received {have} of {len(self._numbers)} messages")
        with self._file.open() as lines:
            received = [self._number(json.loads(line)) for line in lines]
        if received != list(self._numbers):
            raise PartyError("mosquitto_sub has not received every message once and in order")
        return ended


def count_lines(file: Path) -> int:
    """Return how many lines are in a file, if it is there."""
    return file.read_bytes().count(b"\n") if file.exists() else 0

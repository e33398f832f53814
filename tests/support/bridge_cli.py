"""`bridge-node` with words that it refuses, without a process for each."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from pathlib import Path
from typing import IO, NamedTuple

from tests.support.processes import PATIENCE, ROOT


class Ended(NamedTuple):
    """What a command has left."""

    status: int
    output: str
    """Of stdout and stderr."""


class BridgeCli:
    """Runs commands that end at once, one after the other, in one process of Node.js."""

    def __init__(self) -> None:
        self._start()

    def _start(self) -> None:
        self._node = subprocess.Popen(
            ["node", Path(__file__).with_suffix(".mjs")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._answers: queue.Queue[str] = queue.Queue()
        reading = (self._node.stdout, self._answers)
        threading.Thread(target=_read, args=reading, daemon=True).start()

    def __call__(self, *words: object, folder: Path = ROOT) -> Ended:
        """Run the command with these words in this folder."""
        assert self._node.stdin is not None
        self._node.stdin.write(f"{json.dumps([str(folder), *map(str, words)])}\n")
        self._node.stdin.flush()
        try:
            return Ended(*json.loads(self._answers.get(timeout=PATIENCE)))
        except queue.Empty:
            self.close()  # what goes on is in the way of the next one
            self._start()
            raise AssertionError(f"bridge-node {words} goes on") from None

    def close(self) -> None:
        """End it."""
        self._node.kill()
        self._node.wait()


def _read(lines: IO[str], answers: queue.Queue[str]) -> None:
    for line in lines:
        answers.put(line)

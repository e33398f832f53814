"""Starts processes, shows what they print, and ends them together."""

from __future__ import annotations

import contextlib
import itertools
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from typing import IO

from tools.run.parts import Part

GRACE = 3.0
"""Seconds that the parts are given to end, before they are killed."""

COLOURS = (36, 33, 35, 32, 34)
"""Of the names in a terminal: cyan, yellow, magenta, green and blue."""


class _Running:
    """A part's process, and the thread that reads what it prints."""

    def __init__(self, part: Part, process: subprocess.Popen[str], reader: threading.Thread):
        self.part = part
        self.process = process
        self.reader = reader
        self.last = ""  # the line that it printed last


class Pipeline:
    """Runs parts until a signal, or until one of them ends that must not."""

    def __init__(self, parts: list[Part]):
        self._parts = parts
        self._width = max(len(part.name) for part in parts)
        # a part that has ended, the name of a signal, or a part that may start
        self._events: queue.SimpleQueue[_Running | str | Part] = queue.SimpleQueue()
        self._waiting = [part for part in parts if part.after]
        self._printing = threading.Lock()
        self._last = ""  # the line that was printed last
        self._silent = False

    def run(self) -> int:
        """Run until the end, and return the exit status: 0 if a signal asked for it."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, _: self._events.put(signal.Signals(number).name))
        running: list[_Running] = []
        try:
            for part in self._parts:
                if not part.after:
                    running.append(self._start(part))
            return self._wait(running)
        finally:
            self._end(running)

    def _start(self, part: Part) -> _Running:
        process = subprocess.Popen(
            part.command,
            env=part.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # Ctrl-C reaches this process alone, which then ends the parts in their order
            start_new_session=True,
        )
        prefix = f"{part.name:<{self._width}} | "
        if sys.stdout.isatty():
            colour = COLOURS[self._parts.index(part) % len(COLOURS)]
            prefix = f"\033[{colour}m{prefix}\033[0m"
        running = _Running(part, process, threading.Thread(daemon=True))
        running.reader = threading.Thread(target=self._show, args=(running, prefix), daemon=True)
        running.reader.start()
        return running

    def _show(self, running: _Running, prefix: str) -> None:
        lines: IO[str] | None = running.process.stdout
        assert lines
        for line in lines:
            running.last = f"{prefix}{line.removesuffix(chr(10))}\n"
            self._print(running.last)
            for part in [*self._waiting]:
                if part.after and part.after[0] == running.part.name and part.after[1] in line:
                    self._waiting.remove(part)
                    self._events.put(part)
        running.process.wait()
        self._events.put(running)

    def _print(self, line: str) -> None:
        with self._printing:
            if self._silent:
                return
            self._last = line
            try:
                sys.stdout.write(line)
                sys.stdout.flush()
            except OSError:  # the reader has gone: as if the terminal was closed
                self._silent = True
                self._events.put("SIGHUP")

    def _say(self, sentence: str) -> None:
        self._print(f"make run: {sentence}\n")

    def _wait(self, running: list[_Running]) -> int:
        while True:
            event = self._events.get()
            if isinstance(event, Part):
                running.append(self._start(event))
                continue
            if isinstance(event, str):
                self._say("ending")
                return 0
            name, status = event.part.name, event.process.returncode
            if status == 0 and event.part.may_end:
                self._say(f"{name} has ended; the other parts go on until Ctrl-C")
                continue
            if event.last != self._last:
                self._print(event.last)  # its own sentence, which others have pushed up
            self._say(f"{name} ended with status {status}: ending the run")
            self._silent = True
            return status if status > 0 else 1

    def _end(self, running: list[_Running]) -> None:
        """End the parts, stage by stage; at another signal, or out of patience, kill them."""
        deadline = time.monotonic() + GRACE
        for _, stage in itertools.groupby(
            sorted(running, key=lambda each: each.part.stage), key=lambda each: each.part.stage
        ):
            members = list(stage)
            for each in members:
                each.process.terminate()
            while any(each.process.poll() is None for each in members):
                with contextlib.suppress(queue.Empty):
                    event = self._events.get(timeout=max(0.0, deadline - time.monotonic()))
                    if not isinstance(event, str):
                        continue  # the condition sees a part's end, and none starts now
                for each in running:
                    if each.process.poll() is None:
                        self._say(f"killing {each.part.name}, which does not end")
                        os.killpg(each.process.pid, signal.SIGKILL)
                deadline = time.monotonic() + GRACE
        for each in running:
            each.reader.join(0.2)  # what was printed last

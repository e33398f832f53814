"""Stopping on a signal: at once while the program only waits, else at the next check."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

MAX_STALL = 10.0
"""Seconds for which a program that does not wait may make no check."""


# Like KeyboardInterrupt, not an Exception: no library may catch it.
class Interrupted(BaseException):
    """A signal asked the program to stop."""


class Stop:
    """A request to stop: a signal handler makes it, and the code that waits checks for it."""

    def __init__(self) -> None:
        self._requested = False
        self._may_raise = False
        self._checked_at = time.monotonic()

    def request(self) -> None:
        """Ask for the stop; safe in a signal handler."""
        self._requested = True
        if self._may_raise:
            raise Interrupted

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Return a context in which SIGINT and SIGTERM ask for the stop; main thread only."""
        before = {
            number: signal.signal(number, lambda *_: self.request())
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def check(self) -> None:
        """Raise Interrupted if the stop was asked for."""
        self._checked_at = time.monotonic()
        if self._requested:
            raise Interrupted

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Return a context in which a request raises Interrupted at once, amid any call.

        Only for calls whose partial result is not used afterwards: sleeping, connecting, reading a
        file.
        """
        self._may_raise = True
        try:
            self.check()
            yield
        finally:
            self._checked_at = time.monotonic()
            self._may_raise = False

    def stalled(self) -> str | None:
        """Return a sentence if the program neither waits nor has checked lately; of any thread."""
        passed = time.monotonic() - self._checked_at
        if self._may_raise or passed < MAX_STALL:
            return None
        return f"the main loop has not turned for {passed:.0f} s"

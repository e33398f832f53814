"""Ending on a signal: at once where the program only waits, else at the next check."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


# Not an Exception, as KeyboardInterrupt is none: no library may swallow it.
class Interrupted(BaseException):
    """Somebody asked for the end."""


class Stop:
    """A request to end, made by a signal handler and heeded by whoever waits."""

    def __init__(self) -> None:
        self._requested = False
        self._may_raise = False

    def request(self) -> None:
        """Ask for the end; safe in a signal handler."""
        self._requested = True
        if self._may_raise:
            raise Interrupted

    @contextmanager
    def on_signals(self) -> Iterator[None]:
        """Within it SIGINT and SIGTERM ask for the end; main thread only."""
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
        """Raise Interrupted if the end was asked for."""
        if self._requested:
            raise Interrupted

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Within it a request raises Interrupted at once, in the middle of any call.

        Only for calls whose half-done state nobody looks at afterwards: sleeping, connecting,
        reading a file.
        """
        self._may_raise = True
        try:
            self.check()
            yield
        finally:
            self._may_raise = False

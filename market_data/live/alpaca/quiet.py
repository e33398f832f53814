"""Notices when a stream may have stopped without being closed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

QUIET = 30.0
"""Seconds without a message after which the history is asked whether trades take place."""

MAX_QUIET = 600.0
"""The longest pause until it is asked again, in seconds: markets are quiet at night."""


class Quiet:
    """Tells which symbols the history is asked for, one after the other, in a silence.

    :param clock: in seconds.
    """

    def __init__(self, symbols: Sequence[str], clock: Callable[[], float]):
        self._symbols = symbols
        self._clock = clock
        self._unasked: list[str] = []
        self.heard()

    def heard(self) -> None:
        """Take note that a message has come."""
        self._unasked.clear()
        self._pause = QUIET
        self._next_at = self._clock() + QUIET

    def next(self) -> str | None:
        """Return the symbol that is asked for now; None if none is."""
        now = self._clock()
        if now >= self._next_at:
            self._unasked = list(self._symbols)
            self._pause = min(2 * self._pause, MAX_QUIET)
            self._next_at = now + self._pause
        return self._unasked.pop(0) if self._unasked else None

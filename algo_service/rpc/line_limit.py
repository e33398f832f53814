"""Bounds log lines about single messages: a flood of bad ones must not fill the log."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

MAX_LINES = 10
"""Lines of one kind that are written in a second."""


class LineLimit:
    """Tells the levels of lines of one kind; those beyond the limit are of the level debug."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._begun = clock()
        self._count = 0

    def next(self) -> int:
        """Return the level of the line that is due now, as `logging` has it."""
        now = self._clock()
        if now - self._begun >= 1:
            self._begun, self._count = now, 0
        self._count += 1
        return logging.DEBUG if self._count > MAX_LINES else logging.WARNING

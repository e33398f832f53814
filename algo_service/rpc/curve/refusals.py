"""Log lines about those that were refused, however many they are."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

PERIOD = 60.0
"""Seconds in which one sentence is logged once."""

MAX_LINES = 10
"""Lines in a period: whoever tries again and again does not fill the log."""


class Refusals:
    """Logs refusals: each sentence once in a period, and a bounded number of them."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._begun = clock()
        self._told: set[str] = set()
        self._untold = 0

    def note(self, sentence: str) -> None:
        """Log that somebody was refused."""
        if self._clock() - self._begun >= PERIOD:
            if self._untold:
                log.warning("refused %d more clients in the last minutes", self._untold)
            self._begun, self._told, self._untold = self._clock(), set(), 0
        if sentence in self._told or len(self._told) >= MAX_LINES:
            self._untold += 1
            return
        self._told.add(sentence)
        log.warning("%s", sentence)

"""Whether the clock of this computer is set while a part runs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Lock

log = logging.getLogger(__name__)

MAX_MOVE = 2.0
"""Seconds by which a clock that nobody sets may move against a steady one, and MAX_SLEW for each
second that passes: NTP slews it so fast."""

MAX_SLEW = 0.0005

MAX_AGE = 60.0
"""Seconds for which a person has to know."""


class ClockWatch:
    """Notices that the clock was set, when it is asked; that should be every few seconds.

    :param wall: seconds since 1970.
    :param monotonic: seconds of a clock that nobody sets.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ):
        self._wall = wall
        self._monotonic = monotonic
        self._lock = Lock()
        self._seen = wall(), monotonic()
        self._sentence = ""
        self._set_at = 0.0

    def missing(self) -> list[str]:
        """Return that it was set within the last minute; log it once. Any thread may ask."""
        with self._lock:
            wall, now = self._wall(), self._monotonic()
            passed = now - self._seen[1]
            moved = wall - self._seen[0] - passed
            self._seen = wall, now
            is_set = abs(moved) > MAX_MOVE + MAX_SLEW * passed
            if is_set:
                self._set_at = now
                self._sentence = _sentence(moved)
            found = [self._sentence] if self._sentence and now - self._set_at < MAX_AGE else []
        if is_set:
            log.warning("%s", *found)
        return found


def _sentence(moved: float) -> str:
    if moved < 0:
        return f"the clock of this computer was set back by {-moved:.0f} s"
    return f"the clock of this computer was set ahead by {moved:.0f} s, or it slept so long"

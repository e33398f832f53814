"""When a receiver may be told something: pauses, quiet hours, and delays after failures."""

from __future__ import annotations

import math
from typing import NamedTuple

from algo_service.notify.quiet_hours import QuietHours

URGENT_PAUSE = 5.0
"""Seconds at least between two messages, where the second one is urgent."""

FIRST_DELAY = 1.0
MAX_DELAY = 300.0
"""Seconds until a message that was not taken is tried again: the first delay, then twice as long
each time, up to the last."""

_MAX_DOUBLINGS = 32

MAX_ATTEMPTS = 24
"""After so many, a good hour, a message is given up: one that is never taken, as it may be too
long, must not keep the others back."""


class Turn(NamedTuple):
    """What may be sent now, or when to look again."""

    may_send: bool
    urgent_only: bool = False
    wait: float = math.inf


class Pacing:
    """Of one receiver; the times are of a clock that nobody sets, but for `wall`.

    :param pause: seconds at least between two messages that are not urgent.
    """

    def __init__(self, pause: float, quiet: QuietHours | None):
        self._pause = pause
        self._quiet = quiet
        self._last = -math.inf
        self.attempts = 0
        """Those that have failed since a message was taken."""
        self._again_at = -math.inf

    def turn(self, now: float, wall: float, *, has_urgent: bool, has_other: bool) -> Turn:
        """Return what may be done now.

        :param wall: the time of day, in seconds since 1970.
        """
        if not (has_urgent or has_other):
            return Turn(may_send=False)
        if self._again_at > now:
            return Turn(may_send=False, wait=self._again_at - now)
        is_quiet = self._quiet is not None and self._quiet.has(wall)
        if is_quiet and not has_urgent:
            return Turn(may_send=False)
        pause = min(URGENT_PAUSE, self._pause) if has_urgent else self._pause
        if self._last + pause > now:
            return Turn(may_send=False, wait=self._last + pause - now)
        return Turn(may_send=True, urgent_only=is_quiet)

    def sent(self, now: float) -> None:
        """Record that a message was taken."""
        self._last = now
        self.attempts = 0
        self._again_at = -math.inf

    def failed(self, now: float) -> bool:
        """Record that a message was not taken; return whether it is to be given up."""
        self.attempts += 1
        doublings = min(self.attempts - 1, _MAX_DOUBLINGS)  # 2.0**1024 is beyond every double
        delay = min(FIRST_DELAY * 2.0**doublings, MAX_DELAY)
        self._again_at = now + delay
        return self.attempts % MAX_ATTEMPTS == 0

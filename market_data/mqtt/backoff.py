"""How long to wait between attempts."""

from __future__ import annotations

MIN_DELAY = 0.1
"""The delay before the second attempt, in seconds; the first one comes at once."""

MAX_DELAY = 5.0
"""The longest delay, in seconds, unless the caller gives another one."""


class Backoff:
    """A delay that starts at 0 and doubles with each failure.

    :param max_delay: the longest delay, in seconds.
    """

    def __init__(self, max_delay: float = MAX_DELAY):
        self.delay = 0.0
        """Before the next attempt, in seconds."""
        self._max_delay = max_delay

    def grow(self) -> None:
        """Make the delay longer, because an attempt was made."""
        self.delay = min(max(2 * self.delay, MIN_DELAY), self._max_delay)

    def reset(self) -> None:
        """Make the next attempt at once, because one has succeeded."""
        self.delay = 0.0

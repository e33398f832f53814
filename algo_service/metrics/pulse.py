"""Whether gevent's hub turns, which answers heartbeats and takes calls."""

from __future__ import annotations

import time
from collections.abc import Callable

MAX_STILL = 10.0
"""Seconds without a turn after which the hub counts as stalled. An event that runs for long is in
another thread, and stalls nothing."""

BEAT = 1.0
"""Seconds between two notes."""


class Pulse:
    """Notes the turns of the hub.

    :param sleep: lets the hub turn for some seconds, as `gevent.sleep` does.
    :param monotonic: seconds of a clock that nobody sets.
    """

    def __init__(
        self, sleep: Callable[[float], None], monotonic: Callable[[], float] = time.monotonic
    ):
        self._sleep = sleep
        self._monotonic = monotonic
        self._last = monotonic()

    def run(self) -> None:
        """Note each turn, for ever; called on the hub's thread."""
        while True:
            self._last = self._monotonic()
            self._sleep(BEAT)

    def stalled(self) -> str | None:
        """Return that the hub does not turn, as a sentence; None if it does. Any thread may ask."""
        still = self._monotonic() - self._last
        if still <= MAX_STILL:
            return None
        return f"the service's main loop has not turned for {still:.0f} s"

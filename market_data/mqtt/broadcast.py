"""A text that is published again and again, and that nobody has to get."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from market_data.mqtt.connection import Connection

log = logging.getLogger(__name__)


class Broadcast:
    """Publishes a text at QoS 0 as often as it is asked to, but at most once in an interval.

    It waits for nothing: while the broker takes no more, it publishes nothing.

    :param topic: with the prefix of all topics.
    :param text: returns what to publish.
    :param interval: in seconds.
    """

    def __init__(
        self,
        topic: str,
        text: Callable[[], str],
        interval: float,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._topic = topic
        self._text = text
        self._interval = interval
        self._clock = clock
        self._due_at = clock()
        self._has_failed = False

    def turn(self, connection: Connection) -> None:
        """Publish the text, if it is time."""
        now = self._clock()
        if now < self._due_at or connection.is_busy:
            return
        # at even distances, unless it was impossible for longer than one
        is_late = now - self._due_at >= self._interval
        self._due_at = (now if is_late else self._due_at) + self._interval
        try:
            text = self._text()
        except Exception as error:  # a mistake in the program, which must not end what sends quotes
            if not self._has_failed:
                log.exception("what goes to %s cannot be read: %s", self._topic, error)
            self._has_failed = True
            return
        connection.send_once(self._topic, text)

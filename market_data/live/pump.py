"""Reads a live source on a thread of its own, and connects it again after each loss."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping

from market_data.live.source import Batch, Position, Source, SourceLostError
from market_data.mqtt.backoff import Backoff

MAX_AHEAD = 4
"""Batches that are read and not yet taken."""

MAX_DELAY = 30.0
"""The longest pause between two attempts to connect, in seconds."""

# Seconds after which the next pause is short again: a source may accept each connection, and soon
# end it.
_STEADY = 10.0

# Seconds that one `read` may wait: after them an acknowledgement, or the end, is seen to.
_READ = 0.25


class Pump:
    """Hands the batches of a source to the thread that publishes them.

    The other thread calls `start`, `take` again and again, `acknowledge`, and `close`. A thread of
    the pump calls the source; it is a daemon, since a source may hang in a call to its network.

    :param position: where the source begins.
    :param notify: called with a sentence, from the pump's thread, when the source becomes
        unavailable or available.
    """

    def __init__(
        self,
        source: Source,
        position: Position | None,
        notify: Callable[[str], None],
    ):
        self._source = source
        self._position = position
        self._notify = notify
        self._batches: queue.Queue[Batch | BaseException] = queue.Queue(MAX_AHEAD)
        self._acknowledged: deque[Position] = deque(maxlen=1)
        self._closing = threading.Event()
        self._backoff = Backoff(MAX_DELAY)
        self._reported: str | None = None
        self._fault = "it is not connected yet"
        self._thread = threading.Thread(target=self._run, name=str(source), daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def take(self, timeout: float) -> Batch | None:
        """Return the next batch; None if none comes within `timeout` seconds.

        :raises Exception: what the source raises, other than SourceLostError.
        """
        try:
            found = self._batches.get(timeout=timeout)
        except queue.Empty:
            return None
        if isinstance(found, BaseException):
            raise found
        return found

    @property
    def skipped(self) -> Mapping[str, int]:
        """What the source has left out, by code, as far as it counts that."""
        return getattr(self._source, "skipped", {})

    def missing(self) -> list[str]:
        """Return a sentence if the source is not connected; any thread may ask."""
        return [f"{self._source} is unavailable: {fault}"] if (fault := self._fault) else []

    def acknowledge(self, position: Position) -> None:
        """Pass this on to the source, between two reads; of several the latest."""
        self._acknowledged.append(position)

    def close(self, patience: float) -> None:
        """End the thread, and disconnect the source; wait for that at most `patience` seconds."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join(patience)

    def _run(self) -> None:
        try:
            while not self._closing.is_set():
                try:
                    self._source.connect(self._position)
                    self._read_on()
                except SourceLostError as error:
                    self._report(str(error))
                finally:
                    self._source.close()
                self._closing.wait(self._backoff.delay)
                self._backoff.grow()
        # it is raised where the batches are taken
        except BaseException as error:
            self._put(error)

    def _read_on(self) -> None:
        connected_at = time.monotonic()
        while not self._closing.is_set():
            batch = self._source.read(_READ)
            self._fault = ""
            if time.monotonic() - connected_at >= _STEADY:
                self._backoff.reset()
            if self._reported is not None:
                self._notify(f"{self._source} is back")
                self._reported = None
            if batch is not None:
                self._put(batch)
                self._position = batch.position
            if self._acknowledged:
                self._source.acknowledge(self._acknowledged.pop())

    def _report(self, reason: str) -> None:
        self._fault = reason
        if reason != self._reported:
            self._notify(f"{self._source} is unavailable: {reason}; trying again")
        self._reported = reason

    def _put(self, item: Batch | BaseException) -> None:
        while not self._closing.is_set():
            try:
                self._batches.put(item, timeout=_READ)
            except queue.Full:
                continue
            return

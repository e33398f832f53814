"""Messages to send, messages without PUBACK, and messages that a killed broker may have lost."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

Mark = TypeVar("Mark")

FORGETTABLE = 20.0
"""Seconds for which a broker may still lose a message that it has confirmed. mosquitto saves its
messages every `autosave_interval` (5 s in mosquitto/mosquitto.conf); if it is killed, it loses what
came since, confirmed or not. This is that interval, the second of mosquitto's clock, and time for
writing a large file; the bridge's window (republish.js) is the same."""


@dataclass(eq=False, slots=True)
class Item(Generic[Mark]):
    """One text on its way through the outbox; its `mark` is the caller's own, never read here."""

    number: int
    topic: str
    text: str
    mark: Mark | None
    is_awaited: bool
    """Whether it is sent again if it reaches nobody."""
    sent_at: float = 0.0
    confirmed: bool = False


class Outbox(Generic[Mark]):
    """Texts in the order in which they were added, which is the order in which they are sent.

    `published` counts the texts that were added, and `confirmed` those that were confirmed, each
    once; `confirmed_reports` are those among them that are not sent again if they reach nobody.
    `sent_at` is when the last one was sent, by the clock; None before the first.
    """

    def __init__(self, clock: Callable[[], float]):
        self.published = 0
        self.confirmed = 0
        self.confirmed_reports = 0
        self.sent_at: float | None = None
        self.waiting: deque[Item[Mark]] = deque()
        self.on_their_way: dict[int, Item[Mark]] = {}
        self._clock = clock
        self._returned: list[Item[Mark]] = []
        self._refused: list[Item[Mark]] = []
        self._recent: deque[tuple[float, Item[Mark]]] = deque()
        self._latest: Item[Mark] | None = None

    def add(self, topic: str, text: str, mark: Mark | None, *, is_awaited: bool = True) -> None:
        """Add a text behind all others."""
        self.published += 1
        self.waiting.append(Item(self.published, topic, text, mark, is_awaited))

    def sent(self, mid: int) -> None:
        """Record that the first waiting text was sent with this id."""
        item = self.waiting.popleft()
        self.sent_at = item.sent_at = self._clock()
        self.on_their_way[mid] = item

    def delivered(self, mid: int) -> bool:
        """Record that the broker has confirmed a text, and which ones it can no longer lose.

        :return: False if the text is sent again, because one before it had no subscriber.
        """
        item = self.on_their_way.pop(mid)
        if not item.confirmed:
            item.confirmed = True
            self.confirmed += 1
            if not item.is_awaited:
                self.confirmed_reports += 1
        if self._latest is None or item.number > self._latest.number:
            self._latest = item
        self._recent.append((self._clock(), item))
        # The broker was running when this text was sent. The present time would be wrong: after a
        # pause this process may read the confirmations of a broker that died long ago.
        while self._recent[0][0] < item.sent_at - FORGETTABLE:
            self._recent.popleft()
        if not self._returned:
            return True
        self._return(item)
        return False

    def undelivered(self, mid: int) -> str:
        """Record that a text had no subscriber: it waits again, with all after it.

        :return: its topic.
        """
        item = self.on_their_way.pop(mid)
        self._return(item)
        return item.topic

    def refused(self, mid: int) -> str:
        """Record that the broker has refused a text, and return its topic."""
        item = self.on_their_way.pop(mid)
        self._refused.append(item)
        return item.topic

    def connection_lost(self) -> None:
        """Make all texts wait again that are not confirmed, or that the broker may have lost."""
        items = sorted(set(self._remembered()), key=lambda item: item.number)
        self.waiting = deque(items)
        self.on_their_way.clear()
        self._returned.clear()
        self._recent.clear()

    @property
    def unanswered_since(self) -> float | None:
        """When the first of those that are on their way was sent; any thread may ask."""
        try:
            return next(iter(self.on_their_way.values())).sent_at
        except (StopIteration, RuntimeError):
            return None  # nothing is, or an answer has come at this moment

    @property
    def oldest(self) -> Mark | None:
        """The mark of the first one that would be sent again if the connection were lost."""
        first = min(self._remembered(), key=lambda item: item.number, default=None)
        return first.mark if first else None

    @property
    def latest(self) -> Mark | None:
        """The mark of the last one that was confirmed."""
        return self._latest.mark if self._latest else None

    def _return(self, item: Item[Mark]) -> None:
        # those that were sent after it are answered first, so that all are sent again in order
        self._returned.append(item)
        if not self.on_their_way:
            self._returned.sort(key=lambda item: item.number)
            self.waiting.extendleft(reversed(self._returned))
            self._returned.clear()

    def _remembered(self) -> Iterator[Item[Mark]]:
        yield from (item for _, item in self._recent)
        yield from self._refused
        yield from self._returned
        yield from self.on_their_way.values()
        yield from self.waiting

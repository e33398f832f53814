"""Publishes at QoS 1 and loses nothing while the broker comes and goes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic

from paho.mqtt.reasoncodes import ReasonCode

from market_data.errors import BrokerRefusedError
from market_data.mqtt.access import BrokerAccess
from market_data.mqtt.backoff import Backoff
from market_data.mqtt.broadcast import Broadcast
from market_data.mqtt.connection import SLICE, Connection
from market_data.mqtt.link import Link
from market_data.mqtt.outbox import Item, Mark, Outbox
from market_data.stopping import Stop

MARK_INTERVAL = 0.1
"""Seconds between two messages that show when they were published: enough to follow how long
messages take, at no cost for the others."""

# MQTT 5, 3.4.2.1
_NO_MATCHING_SUBSCRIBERS = 0x10

MAX_UNANSWERED = 10.0
"""Seconds that a broker may take to confirm a text before `missing` says so."""


class Publisher(Generic[Mark]):
    """Publishes texts, in order, each at least once.

    When a connection ends, texts that the broker has not confirmed are sent again on the next one,
    before new ones; so are those that it confirmed so recently that it may have lost them. Texts
    that it confirmed without a subscriber (MQTT 5 reports that) are sent again until there is one,
    unless it is not awaited.
    All calls come on one thread, except those of `missing` and of the numbers. Every method raises
    Interrupted when `stop` is requested, except these, `settle` and `close`.

    :param topic: of texts that are published without one.
    :param notify: called with a sentence when the broker, or the subscribers, become unavailable or
        available.
    :param awaits_subscriber: whether a text that reaches nobody is sent again.
    """

    def __init__(
        self,
        access: BrokerAccess,
        topic: str,
        stop: Stop,
        notify: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        *,
        awaits_subscriber: bool = True,
    ):
        self._address = access.address
        self._topic = topic
        self._stop = stop
        self._notify = notify
        self._clock = clock
        self._awaits_subscriber = awaits_subscriber
        self.link = Link(
            access.address,
            stop,
            notify,
            lambda version: Connection(access, version, on_confirmed=self._on_confirmed),
            clock,
        )
        self.broadcast: Broadcast | None = None
        """What is published over this connection whenever it turns, besides the texts."""
        self._connection: Connection | None = None
        self._outbox: Outbox[Mark] = Outbox(clock)
        self._refusal: tuple[str, ReasonCode] | None = None
        # Until one text was delivered on a connection the others wait: if many were sent while a
        # client subscribes, the first ones would arrive after the others.
        self._has_subscriber = not awaits_subscriber
        self._reported_none = ""  # the topic of which it was told that nobody is subscribed to it
        self._backoff = Backoff()  # while there is no subscriber
        self._ask_at = 0.0
        self._mark_at = 0.0

    @property
    def published(self) -> int:
        """The number of texts that were published."""
        return self._outbox.published

    @property
    def confirmed(self) -> int:
        """The number of texts that were confirmed, at least once."""
        return self._outbox.confirmed

    @property
    def confirmed_reports(self) -> int:
        """The number of those that were published with `is_awaited=False`."""
        return self._outbox.confirmed_reports

    @property
    def idle(self) -> float | None:
        """Seconds since a text was sent; None before the first."""
        sent_at = self._outbox.sent_at
        return None if sent_at is None else self._clock() - sent_at

    def missing(self) -> list[str]:
        """Return why texts reach nobody just now, a sentence each."""
        if found := self.link.missing():
            return found
        if topic := self._reported_none:
            found.append(f"nobody is subscribed to {topic}")
        since = self._outbox.unanswered_since
        if since is not None and (passed := self._clock() - since) >= MAX_UNANSWERED:
            found.append(f"the broker at {self._address} has confirmed nothing for {passed:.0f} s")
        return found

    @property
    def oldest(self) -> Mark | None:
        """The mark of the first text that would be sent again if the connection were lost."""
        return self._outbox.oldest

    @property
    def latest(self) -> Mark | None:
        """The mark of the last text that was confirmed."""
        return self._outbox.latest

    def connect(self) -> None:
        """Wait for the broker; BrokerRefusedError if it never accepts this client."""
        if self._connection is None:
            self._connection = self.link.connect()
        self._has_subscriber = not self._awaits_subscriber
        self._ask_at = 0.0
        self._send_waiting()

    def publish(
        self,
        text: str,
        mark: Mark | None = None,
        topic: str | None = None,
        *,
        is_awaited: bool = True,
    ) -> None:
        """Send one text as soon as the broker is available and the window has room for it.

        :param mark: the caller's own, for `oldest` and `latest`.
        :param topic: in place of the publisher's own.
        :param is_awaited: whether it is sent again if it reaches nobody; as a report is not.
        :raises BrokerRefusedError: if the broker has refused an earlier text.
        """
        while self._outbox.waiting or not self._has_room():
            self.turn(SLICE)
        self._outbox.add(topic or self._topic, text, mark, is_awaited=is_awaited)
        self._send_waiting()

    def turn(self, timeout: float) -> None:
        """Await the network for at most `timeout` seconds, process what comes, or connect again.

        :raises BrokerRefusedError: if the broker has refused a text.
        :raises ClientIdTakenError: if another client takes the client id again and again.
        """
        self._stop.check()
        if self._connection is None:
            self.connect()
            return
        self._connection.turn(timeout)
        if self._refusal is not None:
            topic, reason = self._refusal
            raise BrokerRefusedError(str(self._address), f"a message on {topic}", str(reason))
        if self._connection.alive:
            self._send_waiting()
            if self.broadcast is not None:
                self.broadcast.turn(self._connection)
            return
        lost, self._connection = self._connection, None
        self._outbox.connection_lost()
        self.link.lost(lost.lost_because, is_taken_over=lost.is_taken_over)

    def wait(self, seconds: float) -> None:
        """Process the network for this number of seconds."""
        deadline = time.monotonic() + seconds
        while (remaining := deadline - time.monotonic()) > 0:
            self.turn(min(remaining, SLICE))

    def drain(self) -> None:
        """Wait until every text is confirmed."""
        while self._outbox.on_their_way or self._outbox.waiting:
            self.turn(SLICE)

    def settle(self, seconds: float) -> None:
        """Wait for the same, but at most `seconds`, and only while connected and subscribed to."""
        deadline = time.monotonic() + seconds
        while (
            (connection := self._connection)
            and connection.alive
            and self._outbox.on_their_way
            and time.monotonic() < deadline
        ):
            connection.turn(SLICE)
            self._send_waiting()

    def close(self) -> None:
        """Disconnect from the broker."""
        if self._connection is not None:
            self._connection.close()

    def _has_room(self) -> bool:
        if self._connection is None:
            return False
        if self._has_subscriber:
            return len(self._outbox.on_their_way) < self._connection.window
        return not self._outbox.on_their_way and self._clock() >= self._ask_at

    def _send_waiting(self) -> None:
        while (connection := self._connection) and self._outbox.waiting and self._has_room():
            first = self._outbox.waiting[0]
            # the window is far below the 65,535 ids, so that the next free one is soon found
            published = self._now_if_marked(first)
            while (mid := connection.send(first.topic, first.text, published=published)) is None:
                pass
            self._outbox.sent(mid)

    def _now_if_marked(self, item: Item[Mark]) -> float | None:
        """Return the present time for the first new text of each interval, else None."""
        now = self._clock()
        if now < self._mark_at or item.sent_at:
            return None
        self._mark_at = now + MARK_INTERVAL
        return time.time()

    def _on_confirmed(self, mid: int, reason: ReasonCode) -> None:
        self.link.is_of_use()
        awaits = self._awaits_subscriber and self._outbox.on_their_way[mid].is_awaited
        if reason.is_failure:
            self._refusal = self._outbox.refused(mid), reason
        elif reason.value == _NO_MATCHING_SUBSCRIBERS and awaits:
            self._no_subscriber(self._outbox.undelivered(mid))
        elif self._outbox.delivered(mid) and awaits:
            self._subscriber()

    def _no_subscriber(self, topic: str) -> None:
        if not self._reported_none:
            self._notify(f"nobody is subscribed to {topic}; waiting for a subscriber")
            self._reported_none = topic
        self._has_subscriber = False
        if not self._outbox.on_their_way:
            self._backoff.grow()
            self._ask_at = self._clock() + self._backoff.delay

    def _subscriber(self) -> None:
        if self._reported_none:
            self._notify(f"somebody is subscribed to {self._reported_none}")
        self._reported_none = ""
        self._has_subscriber = True
        self._backoff.reset()

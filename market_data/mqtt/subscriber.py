"""Receives in order, and loses nothing while this process and the broker come and go."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from paho.mqtt.client import MQTTMessage, topic_matches_sub
from paho.mqtt.enums import MQTTProtocolVersion

from market_data.errors import SessionTakenError
from market_data.mqtt.access import BrokerAccess
from market_data.mqtt.backoff import MAX_DELAY
from market_data.mqtt.broadcast import Broadcast
from market_data.mqtt.connection import SLICE, WINDOW, Connection
from market_data.mqtt.link import Link
from market_data.stopping import Stop

MAX_UNACKNOWLEDGED = WINDOW
"""Messages that may be unacknowledged; sent to an MQTT 5 broker as Receive Maximum. The subscriber
reads no more while there are as many: brokers of MQTT 3.1.1 may know no bound, and mosquitto 2.0.11
forgets it when a session is resumed."""

MAX_UNACKNOWLEDGED_BYTES = 16 * 1024 * 1024
"""The same of their payloads."""

MAX_RECEIVED = MAX_UNACKNOWLEDGED // 2
"""Messages that `receive` returns at once: meanwhile the broker sends others."""

_MAX_KNOWN_TOPICS = 10_000

_MAX_ACKNOWLEDGED = 4_000
"""Acknowledged messages that are remembered: more than a connection may take with it at its end."""

# A connection that the broker closes within so many seconds, and that is made again at the first
# attempt, so many times in a row: another client has the session. A broker of MQTT 3.1.1 has no
# other way to say that, and mosquitto 2.0.11 says nothing in MQTT 5 either.
_SHORT = 10.0
_MAX_SHORT = 5


class Received(NamedTuple):
    """A message as it arrived."""

    topic: str
    """Without the prefix of all topics."""
    payload: bytes
    arrived: int
    """By the clock of this machine, in nanoseconds since 1970."""
    retain: bool
    """Whether it is a copy that the broker had retained, and no new message."""
    dup: bool
    """Whether the broker says that it may have sent it before."""
    number: int
    """Counts what arrives in this process, from 1."""


class _Open(NamedTuple):
    """A message that is not acknowledged yet; `mid` is 0 at QoS 0, which has no PUBACK."""

    number: int
    mid: int
    size: int
    content: int
    is_processed: bool = False
    """Whether it was acknowledged on an earlier connection, which has ended too soon."""


class Subscriber:
    """A subscription at QoS 1 that outlives its connections.

    With a `session` the broker keeps it while this process is away, and sends a message until it
    is acknowledged: the caller calls `receive`, processes the messages, and calls `acknowledge`.
    Without, each message is acknowledged as it arrives, and what comes during an outage is lost.

    When a connection ends, the broker sends again on the next one what was not acknowledged: the
    caller gets such messages twice, and tells them by what they contain. Acknowledging one of an
    earlier connection does nothing. A message that the caller has acknowledged, and whose
    acknowledgement was lost with the connection, does not come to it again: the broker sends it
    with the DUP flag and the packet id of before [MQTT-3.3.1-1, MQTT-4.4.0-1].

    All calls come on one thread, and raise Interrupted when `stop` is requested, except
    `acknowledge` and `close`.

    :param filters: topic filters, without the prefix of all topics.
    :param notify: called with a sentence when the broker becomes unavailable or available, has not
        kept the session, or what arrives is on none of the filters.
    :param session: the client's id after the prefix: the same at every start, and of no other.
    :param is_continued: whether an earlier start has made the session.
    :param name: without a session, the beginning of the id.
    :param last_delay: the longest pause between two attempts to connect, in seconds.
    """

    def __init__(
        self,
        access: BrokerAccess,
        filters: Sequence[str],
        stop: Stop,
        notify: Callable[[str], None],
        *,
        session: str | None = None,
        is_continued: bool = False,
        name: str = "market-data",
        last_delay: float = MAX_DELAY,
    ):
        self._access = access
        self._filters = [access.prefix + topic_filter for topic_filter in filters]
        self._stop = stop
        self._notify = notify
        self._session = session
        self._is_continued = is_continued
        self._name = name
        self.link = Link(access.address, stop, notify, self._make, last_delay=last_delay)
        self.broadcast: Broadcast | None = None
        """What is published over this connection while it waits for messages."""
        self._connection: Connection | None = None
        self._begun: Connection | None = None  # the latest that the broker has accepted
        self._arrived: list[Received] = []  # that the caller has not got yet
        self._open: deque[_Open] = deque()  # of the present connection
        self._open_bytes = 0
        self._acknowledged: dict[int, int] = {}  # contents by packet id, the oldest first
        self._count = 0
        self._known: dict[str, bool] = {}
        self._attempts = 0
        self._short = 0
        self._connected_at = 0.0

    def connect(self) -> None:
        """Await the broker, and subscribe.

        :raises BrokerRefusedError: if it never accepts this client, or one of the filters.
        """
        if self._connection is not None:
            return
        self._attempts = 0
        self._connection = self.link.connect()
        self._begin(self._connection)
        if self._attempts > 1:
            self._short = 0
        self._connected_at = time.monotonic()

    def receive(self, timeout: float) -> list[Received]:
        """Return what has arrived, in the broker's order; [] if nothing does within `timeout` s.

        While MAX_UNACKNOWLEDGED messages are unacknowledged, nothing new arrives.

        :raises BrokerRefusedError: as `connect`, at the first connection only.
        :raises SessionTakenError: if another process uses the session.
        :raises ClientIdTakenError: without a session, if another client takes the id all the time.
        """
        deadline = time.monotonic() + timeout
        self._turn(0 if self._arrived else min(timeout, SLICE))
        while not self._arrived and (remaining := deadline - time.monotonic()) > 0:
            self._turn(min(remaining, SLICE))
        # what has come in the meantime is read without waiting, and without a look at `stop`: what
        # was read is returned
        before = 0
        while (
            self._connection is not None
            and self._connection.alive
            and before < len(self._arrived) < MAX_RECEIVED
            and not self._is_full()
        ):
            before = len(self._arrived)
            self._connection.read()
        arrived, self._arrived = self._arrived, []
        return arrived

    def wait(self, seconds: float) -> None:
        """Process the network for this number of seconds, as `receive` does; what comes waits."""
        deadline = time.monotonic() + seconds
        while (remaining := deadline - time.monotonic()) > 0:
            self._turn(min(remaining, SLICE))

    def acknowledge(self, last: Received) -> None:
        """Acknowledge this message, and all that arrived before it."""
        mids = self._processed(last.number)
        if self._connection is not None:
            self._connection.acknowledge(mids)

    def _processed(self, last: int) -> list[int]:
        """Take the messages up to this number, and what may be acknowledged with them.

        :return: their packet ids.
        """
        mids = []
        while self._open and (self._open[0].number <= last or self._open[0].is_processed):
            each = self._open.popleft()
            self._open_bytes -= each.size
            if each.mid:
                mids.append(each.mid)
                self._acknowledged.pop(each.mid, None)  # so that it is the latest one
                self._acknowledged[each.mid] = each.content
        while len(self._acknowledged) > _MAX_ACKNOWLEDGED:
            del self._acknowledged[next(iter(self._acknowledged))]
        return mids

    def close(self) -> None:
        """Disconnect from the broker, which keeps a session that has a name."""
        if self._connection is not None:
            self._connection.close()

    def _make(self, version: MQTTProtocolVersion) -> Connection:
        self._attempts += 1
        connection = Connection(
            self._access,
            version,
            name=self._name,
            session=self._session,
            is_persistent=self._session is not None,
            filters=self._filters,
            on_message=lambda message: self._take(connection, message),
        )
        return connection

    def _is_full(self) -> bool:
        waiting = max(len(self._open), len(self._arrived))
        return waiting >= MAX_UNACKNOWLEDGED or self._open_bytes >= MAX_UNACKNOWLEDGED_BYTES

    def _turn(self, timeout: float) -> None:
        self._stop.check()
        if self._connection is None:
            self.connect()
            return
        if self._is_full():
            self._connection.keep_alive()
            with self._stop.interruptible():
                time.sleep(timeout)
        else:
            self._connection.turn(timeout)
        if not self._connection.alive:
            self._lost(self._connection)
        elif self.broadcast is not None:
            self.broadcast.turn(self._connection)

    def _lost(self, connection: Connection) -> None:
        self._connection = None
        is_short = time.monotonic() < self._connected_at + _SHORT
        self._short = self._short + 1 if is_short else 0
        if self._session is not None and (connection.is_taken_over or self._short >= _MAX_SHORT):
            closed = 0 if connection.is_taken_over else self._short
            raise SessionTakenError(self._session, str(self._access.address), closed)
        self.link.lost(connection.lost_because, is_taken_over=connection.is_taken_over)

    def _begin(self, connection: Connection) -> None:
        """Forget what was unacknowledged on the connection before, and comes again on this one."""
        if connection is self._begun:
            return
        self._begun = connection
        if self._session is not None and not connection.is_resumed and self._is_continued:
            self._notify(
                f"the broker at {self._access.address} has not kept the session {self._session}:"
                " what came while it was not connected is lost"
            )
        self._is_continued = True
        if connection.is_resumed:
            again = {message.number for message in self._open if message.mid}
            self._arrived = [message for message in self._arrived if message.number not in again]
        self._open.clear()
        self._open_bytes = 0

    def _take(self, connection: Connection, message: MQTTMessage) -> None:
        # the broker sends what waits in the session before it answers the SUBSCRIBE
        self._begin(connection)
        self.link.is_of_use()
        topic = message.topic  # paho decodes it each time
        if not self._is_wanted(connection, topic):
            if self._session is not None and message.qos:
                connection.acknowledge([message.mid])
            return
        self._count += 1
        payload = bytes(message.payload)
        if self._session is not None:
            mid = message.mid if message.qos else 0
            content = hash((topic, payload))
            is_processed = message.dup and self._acknowledged.get(mid) == content
            self._open.append(_Open(self._count, mid, len(payload), content, is_processed))
            self._open_bytes += len(payload)
            if is_processed:
                connection.acknowledge(self._processed(0))
                return
        topic = topic.removeprefix(self._access.prefix)
        self._arrived.append(
            Received(topic, payload, time.time_ns(), message.retain, message.dup, self._count)
        )

    def _is_wanted(self, connection: Connection, topic: str) -> bool:
        """Tell whether it is on one of the filters: a session keeps those of earlier starts."""
        wanted = self._known.get(topic)
        if wanted is None:
            if len(self._known) >= _MAX_KNOWN_TOPICS:
                self._known.clear()
            wanted = any(topic_matches_sub(each, topic) for each in self._filters)
            self._known[topic] = wanted
            if not wanted:
                self._notify(
                    f"dropped what comes on {topic}: an earlier start of the session"
                    f" {self._session} has subscribed to it, this one has not"
                )
                # ends the subscription, unless it is one with wildcards
                connection.unsubscribe(topic)
        return wanted

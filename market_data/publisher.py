"""Publishes at QoS 1 and loses nothing while the broker comes and goes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from paho.mqtt.enums import MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from market_data.address import BrokerAddress
from market_data.connection import SLICE, Connection, VersionRefusedError
from market_data.errors import BrokerRefusedError
from market_data.stopping import Stop

# Seconds between attempts to reach a broker: doubled from the first to the last.
_FIRST_DELAY = 0.1
_LAST_DELAY = 5.0

# MQTT 5, 3.4.2.1
_NO_MATCHING_SUBSCRIBERS = 0x10


class Publisher:
    """Publishes texts on one topic, in order, each at least once.

    `confirmed` counts the PUBACKs, `published` the texts that were taken. What the broker has
    not confirmed when a connection ends is sent again on the next, before anything new.
    `notify` gets a sentence when the broker goes, comes back, or says that nobody listens.
    Every method raises Interrupted when `stop` is requested, but for `settle` and `close`.
    """

    def __init__(
        self, address: BrokerAddress, topic: str, stop: Stop, notify: Callable[[str], None]
    ):
        self.published = 0
        self.confirmed = 0
        self._address = address
        self._topic = topic
        self._stop = stop
        self._notify = notify
        self._versions = [MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311]
        self._connection: Connection | None = None
        self._connected_before = False
        self._delay = 0.0
        self._unconfirmed: dict[int, str] = {}
        self._again: deque[str] = deque()
        self._refusal: ReasonCode | None = None
        self._said_nobody = False

    def connect(self) -> None:
        """Await the broker; BrokerRefusedError where it will never take this client."""
        away = False
        while self._connection is None:
            with self._stop.interruptible():
                time.sleep(self._delay)
            # forgotten at the next PUBACK: a broker that takes the connection and then ends it
            # is not asked again at once either
            self._delay = min(max(2 * self._delay, _FIRST_DELAY), _LAST_DELAY)
            try:
                self._connection = self._attempt()
            except (OSError, BrokerRefusedError) as error:
                if isinstance(error, BrokerRefusedError) and not self._connected_before:
                    raise
                if not away and not self._connected_before:
                    reason = getattr(error, "strerror", None) or str(error)
                    self._notify(f"waiting for the broker at {self._address}: {reason}")
                away = True
        if self._connected_before:
            self._notify(f"the broker at {self._address} is back")
        elif away:
            self._notify(f"connected to the broker at {self._address}")
        self._connected_before = True
        self._send_again()

    def publish(self, text: str) -> None:
        """Send one text as soon as the broker is there and the window has room for it.

        BrokerRefusedError where the broker will not have an earlier one.
        """
        # the window is full, too, as long as something waits to be sent again
        while (connection := self._connection) is None or (
            len(self._unconfirmed) >= connection.window
        ):
            self._turn(SLICE)
        self.published += 1
        self._send(connection, text)

    def wait(self, seconds: float) -> None:
        """Look after the network for this long."""
        deadline = time.monotonic() + seconds
        while (remaining := deadline - time.monotonic()) > 0:
            self._turn(min(remaining, SLICE))

    def drain(self) -> None:
        """Await the confirmation of everything that was published."""
        while self._unconfirmed or self._again:
            self._turn(SLICE)

    def settle(self, seconds: float) -> None:
        """Await the same, but no longer than `seconds` and than the connection lasts."""
        deadline = time.monotonic() + seconds
        while (
            (connection := self._connection)
            and connection.alive
            and (self._unconfirmed or self._again)
            and time.monotonic() < deadline
        ):
            connection.turn(SLICE)
            self._send_again()

    def close(self) -> None:
        """Say goodbye to the broker."""
        if self._connection is not None:
            self._connection.close()

    def _attempt(self) -> Connection:
        for version in self._versions:
            connection = Connection(self._address, version, self._on_confirmed)
            try:
                connection.open(self._stop)
            except VersionRefusedError as error:
                refusal = error
            else:
                # the one that worked goes first at the next connection
                self._versions.sort(key=lambda other: other != version)
                return connection
        raise refusal

    def _turn(self, timeout: float) -> None:
        self._stop.check()
        if self._connection is None:
            self.connect()
            return
        self._connection.turn(timeout)
        if self._refusal is not None:
            refused = f"a quote on {self._topic}"
            raise BrokerRefusedError(str(self._address), refused, str(self._refusal))
        if self._connection.alive:
            self._send_again()
            return
        reason = self._connection.lost_because
        self._connection = None
        self._again.extendleft(reversed(self._unconfirmed.values()))
        self._unconfirmed.clear()
        self._notify(f"lost the broker at {self._address} ({reason}), waiting for it")

    def _send_again(self) -> None:
        connection = self._connection
        while connection and self._again and len(self._unconfirmed) < connection.window:
            self._send(connection, self._again.popleft())

    def _send(self, connection: Connection, text: str) -> None:
        # the window is far below the 65,535 ids, so that the next free one is soon found
        while (mid := connection.send(self._topic, text)) is None:
            pass
        self._unconfirmed[mid] = text

    def _on_confirmed(self, mid: int, reason: ReasonCode) -> None:
        self._delay = 0.0
        del self._unconfirmed[mid]
        if reason.is_failure:
            self._refusal = reason
            return
        self.confirmed += 1
        if reason.value == _NO_MATCHING_SUBSCRIBERS and not self._said_nobody:
            self._said_nobody = True
            self._notify(f"nobody is subscribed to {self._topic}")

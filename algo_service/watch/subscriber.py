"""Subscribes to what algorithms publish, and again whenever the broker comes back."""

from __future__ import annotations

from collections.abc import Callable

from paho.mqtt.client import MQTTMessage

from algo_service.watch.messages import KINDS, Kind
from market_data.mqtt.access import BrokerAccess
from market_data.mqtt.connection import Connection
from market_data.mqtt.link import Link
from market_data.mqtt.topic_level import name_of_level
from market_data.stopping import Stop

# The longest pause between two attempts, in seconds: what is published meanwhile is not seen.
_LAST_DELAY = 0.5


class Subscriber:
    """A subscription that outlives its connections.

    :param notify: called with a sentence when the connection is lost or made again.
    :param receive: called for each message with its kind, the algorithm's name, the payload, and
        whether the broker had retained it.
    """

    def __init__(
        self,
        access: BrokerAccess,
        stop: Stop,
        notify: Callable[[str], None],
        receive: Callable[[Kind, str, bytes, bool], None],
    ):
        self._prefix = access.prefix
        self._stop = stop
        self._receive = receive
        filters = [f"{access.prefix}{kind}/+" for kind in KINDS]
        self._link = Link(
            access.address,
            stop,
            notify,
            lambda version: Connection(
                access, version, name="watch", filters=filters, on_message=self._take
            ),
            last_delay=_LAST_DELAY,
        )
        self._connection: Connection | None = None

    def turn(self, timeout: float) -> None:
        """Receive for at most `timeout` seconds, or await the broker.

        BrokerRefusedError where it will never take this client, Interrupted when asked to stop.
        """
        self._stop.check()
        if self._connection is None:
            self._connection = self._link.connect()
        self._connection.turn(timeout)
        if not self._connection.alive:
            self._link.lost(self._connection.lost_because)
            self._connection = None

    def close(self) -> None:
        """Disconnect from the broker."""
        if self._connection is not None:
            self._connection.close()

    def _take(self, message: MQTTMessage) -> None:
        self._link.is_of_use()
        kind, _, level = message.topic.removeprefix(self._prefix).partition("/")
        for known in KINDS:
            if kind == known:
                name = name_of_level(level) or level
                self._receive(known, name, bytes(message.payload), message.retain)

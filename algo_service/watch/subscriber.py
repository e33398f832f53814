"""Subscribes to what algorithms publish, and again whenever the broker comes back."""

from __future__ import annotations

from collections.abc import Callable

from algo_service.watch.messages import KINDS, Kind
from market_data.mqtt import subscriber
from market_data.mqtt.access import BrokerAccess
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
        self._receive = receive
        filters = [f"{kind}/+" for kind in KINDS]
        self._messages = subscriber.Subscriber(
            access, filters, stop, notify, name="watch", last_delay=_LAST_DELAY
        )

    @property
    def link(self) -> Link:
        """The connection's state, which any thread may read."""
        return self._messages.link

    def turn(self, timeout: float) -> None:
        """Receive for at most `timeout` seconds, or await the broker.

        BrokerRefusedError where it will never take this client, Interrupted when asked to stop.
        """
        for message in self._messages.receive(timeout):
            kind, _, level = message.topic.partition("/")
            for known in KINDS:
                if kind == known:
                    name = name_of_level(level) or level
                    self._receive(known, name, message.payload, message.retain)

    def close(self) -> None:
        """Disconnect from the broker."""
        self._messages.close()

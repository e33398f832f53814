"""Subscribes to what is published about algorithms, and again whenever the broker comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from market_data.mqtt import subscriber
from market_data.mqtt.access import BrokerAccess
from market_data.mqtt.broadcast import Broadcast
from market_data.mqtt.link import Link
from market_data.mqtt.topic_level import name_of_level
from market_data.stopping import Stop

Kind = TypeVar("Kind", bound=str)

# The longest pause between two attempts, in seconds: what is published meanwhile is not seen.
_LAST_DELAY = 0.5


class Subscriber(Generic[Kind]):
    """A subscription that outlives its connections.

    :param kinds: the first levels of the topics; the second one is the name of an algorithm.
    :param notify: called with a sentence when the connection is lost or made again.
    :param receive: called for each message with its kind, the algorithm's name, the payload, and
        whether the broker had retained it.
    :param name: the beginning of the client's id.
    """

    def __init__(
        self,
        access: BrokerAccess,
        kinds: Sequence[Kind],
        stop: Stop,
        notify: Callable[[str], None],
        receive: Callable[[Kind, str, bytes, bool], None],
        name: str,
    ):
        self._kinds = {str(kind): kind for kind in kinds}
        self._receive = receive
        filters = [f"{kind}/+" for kind in kinds]
        self._messages = subscriber.Subscriber(
            access, filters, stop, notify, name=name, last_delay=_LAST_DELAY
        )

    @property
    def link(self) -> Link:
        """The connection's state, which any thread may read."""
        return self._messages.link

    def broadcast(self, text: Broadcast) -> None:
        """Publish a text over this connection again and again."""
        self._messages.broadcast = text

    def turn(self, timeout: float) -> None:
        """Receive for at most `timeout` seconds, or await the broker.

        BrokerRefusedError where it will never take this client, Interrupted when asked to stop.
        """
        for message in self._messages.receive(timeout):
            first, _, level = message.topic.partition("/")
            kind = self._kinds[first]  # the broker sends nothing else
            name = name_of_level(level) or level
            self._receive(kind, name, message.payload, message.retain)

    def close(self) -> None:
        """Disconnect from the broker."""
        self._messages.close()

"""The recorder's loop: receive, keep, acknowledge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from market_data.mqtt.connection import SLICE
from market_data.mqtt.subscriber import Received, Subscriber
from market_data.record.destination import Destination, NotKeptError

_PAUSE = 1.0
"""Seconds between two attempts to keep what cannot be kept now."""


@dataclass
class Counts:
    """What a recorder has done since its start, in messages."""

    kept: int = 0
    repeats: int = 0
    retained: int = 0
    """Copies that the broker had retained: they are no new messages, and left out."""


def record(
    subscriber: Subscriber,
    destination: Destination,
    notify: Callable[[str], None],
    show: Callable[[Counts], None],
    counts: Counts,
) -> None:
    """Record until a stop is requested, which raises Interrupted.

    :param notify: called with a sentence when messages cannot be kept, and when they can again.
    :param show: called again and again with `counts`.
    :raises BrokerRefusedError: as the subscriber does.
    :raises SessionTakenError: as the subscriber does.
    """
    is_busy = False
    while True:
        messages = subscriber.receive(0 if is_busy else SLICE)
        fresh = [message for message in messages if not message.retain]
        if fresh:
            kept = _keep(fresh, subscriber, destination, notify)
            counts.kept += kept
            counts.repeats += len(fresh) - kept
        if messages:
            counts.retained += len(messages) - len(fresh)
            subscriber.acknowledge(messages[-1])
        is_busy = destination.work()
        show(counts)


def _keep(
    messages: list[Received],
    subscriber: Subscriber,
    destination: Destination,
    notify: Callable[[str], None],
) -> int:
    """Keep messages, however long that takes: meanwhile the broker keeps them, too."""
    is_reported = False
    while True:
        try:
            kept = destination.keep(messages)
        except NotKeptError as error:
            if not is_reported:
                notify(
                    f"{destination} cannot keep messages: {error}; they are not acknowledged, and"
                    " wait at the broker"
                )
            is_reported = True
            subscriber.wait(_PAUSE)
        else:
            if is_reported:
                notify(f"{destination} keeps messages again")
            return kept

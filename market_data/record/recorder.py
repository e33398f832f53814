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
    """What a recorder has done since its start, in messages; any thread may read it."""

    kept: int = 0
    repeats: int = 0
    retained: int = 0
    """Copies that the broker had retained: they are no new messages, and left out."""
    bytes: int = 0
    """Of the payloads of those that were kept or came again."""
    last_at: float = 0.0
    """When the last of them arrived, in seconds since 1970; 0 before the first."""
    fault: str = ""
    """Why messages cannot be kept now, as a sentence."""


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
            kept = _keep(fresh, subscriber, destination, notify, counts)
            counts.kept += kept
            counts.repeats += len(fresh) - kept
            counts.bytes += sum(len(message.payload) for message in fresh)
            counts.last_at = fresh[-1].arrived / 1e9
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
    counts: Counts,
) -> int:
    """Keep messages, however long that takes: meanwhile the broker keeps them, too."""
    while True:
        try:
            kept = destination.keep(messages)
        except NotKeptError as error:
            if not counts.fault:
                notify(
                    f"{destination} cannot keep messages: {error}; they are not acknowledged, and"
                    " wait at the broker"
                )
            counts.fault = f"{destination} cannot keep messages: {error}"
            subscriber.wait(_PAUSE)
        else:
            if counts.fault:
                notify(f"{destination} keeps messages again")
            counts.fault = ""
            return kept

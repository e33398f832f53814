"""What `algo-service notify` counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from algo_service.notify.notice import KINDS, Kind
from algo_service.notify.observer import Observer
from algo_service.notify.receiver import Receiver
from telemetry.readings import Readings


def add_metrics(
    readings: Readings, told: Mapping[Kind, int], receivers: Sequence[Receiver], observer: Observer
) -> None:
    """Add the metrics of notifications.

    :param told: how many notices there were.
    """

    def total(of: Callable[[Receiver], int]) -> Callable[[], int]:
        return lambda: sum(of(each) for each in receivers)

    def left_out() -> dict[str, float]:
        # asked kind by kind: the threads of the receivers add to them
        return {kind: sum(each.left_out[kind] for each in receivers) for kind in KINDS}

    readings.counters(
        "tickwire_notify_notices_total",
        "Lines that the receivers are to get",
        "kind",
        lambda: {kind: told.get(kind, 0) for kind in KINDS},
    )
    readings.counters(
        "tickwire_notify_left_out_total",
        "Notices that a message to a receiver has only counted",
        "kind",
        left_out,
    )
    readings.counter(
        "tickwire_notify_messages_total", "Messages that a receiver has taken", total(_taken)
    )
    readings.counter(
        "tickwire_notify_failures_total", "Attempts at which a receiver took none", total(_failed)
    )
    readings.gauge(
        "tickwire_notify_broken_receivers",
        "Receivers that did not take the last message",
        total(lambda each: each.trouble is not None),
    )
    readings.counter(
        "tickwire_notify_unreadable_total",
        "Messages from the broker that could not be read",
        lambda: observer.unreadable,
    )


def _taken(receiver: Receiver) -> int:
    return receiver.delivered


def _failed(receiver: Receiver) -> int:
    return receiver.failed

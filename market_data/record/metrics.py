"""The metrics of a recorder."""

from __future__ import annotations

import shutil
from pathlib import Path

from prometheus_client import CollectorRegistry

from market_data.mqtt.metrics import add_broker_metrics
from market_data.mqtt.subscriber import Subscriber
from market_data.record.recorder import Counts
from telemetry.readings import Readings


def add_record_metrics(
    registry: CollectorRegistry, subscriber: Subscriber, counts: Counts, folder: Path | None
) -> None:
    """Add them.

    :param folder: where it records; None of a table.
    """
    readings = Readings(registry)
    add_broker_metrics(readings, subscriber.link)
    readings.counter(
        "tickwire_record_messages_total",
        "Messages that were recorded",
        lambda: counts.kept,
    )
    readings.counter(
        "tickwire_record_repeated_total",
        "Messages that came again, and were left out",
        lambda: counts.repeats,
    )
    readings.counter(
        "tickwire_record_bytes_total",
        "Bytes of the messages that were recorded or came again",
        lambda: counts.bytes,
    )
    readings.gauge(
        "tickwire_record_last_message_timestamp_seconds",
        "When the last message came, in seconds since 1970; 0 before the first",
        lambda: counts.last_at,
    )
    if folder is not None:
        readings.gauge(
            "tickwire_record_free_bytes",
            "Free space of the disk that has the folder",
            lambda: shutil.disk_usage(folder).free,
        )

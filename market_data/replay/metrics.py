"""The metrics of a replay."""

from __future__ import annotations

import time
from collections.abc import Mapping

from prometheus_client import CollectorRegistry

from market_data.mqtt.metrics import add_broker_metrics
from market_data.mqtt.publisher import Publisher
from market_data.replay.state import Mark
from telemetry.readings import Readings


def add_replay_metrics(
    registry: CollectorRegistry, publisher: Publisher[Mark], skipped: Mapping[str, int]
) -> None:
    """Add them.

    :param skipped: rows, by the code of contracts/refusals.json, or of a row that is no message by
        its `Problem`.
    """
    readings = Readings(registry)
    add_broker_metrics(readings, publisher.link)
    readings.counter(
        "tickwire_feed_quotes_published_total",
        "Quotes that were published",
        lambda: publisher.published,
    )
    readings.counter(
        "tickwire_feed_quotes_confirmed_total",
        "Quotes that the broker has confirmed",
        lambda: publisher.confirmed,
    )
    readings.counters(
        "tickwire_feed_skipped_total",
        "Rows or messages of the source that were not valid quotes",
        "code",
        lambda: skipped,
    )
    readings.gauge(
        "tickwire_feed_last_quote_timestamp_seconds",
        "When the last quote was sent, in seconds since 1970; 0 before the first",
        lambda: 0 if (idle := publisher.idle) is None else time.time() - idle,
    )

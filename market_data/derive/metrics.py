"""The metrics of a service that makes other messages of quotes."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from market_data.derive.service import Service
from market_data.derive.transformation import Transformation
from market_data.mqtt.metrics import add_broker_metrics
from market_data.mqtt.publisher import Publisher
from market_data.mqtt.subscriber import Subscriber
from telemetry.readings import Readings


def add_derive_metrics(
    registry: CollectorRegistry,
    service: Service,
    transformation: Transformation,
    subscriber: Subscriber,
    publisher: Publisher[int],
) -> None:
    """Add them."""
    readings = Readings(registry)
    add_broker_metrics(readings, subscriber.link, publisher.link)
    readings.counter(
        "tickwire_derive_quotes_total",
        "Quotes that were taken",
        lambda: service.quotes,
    )
    readings.counter(
        "tickwire_derive_duplicates_total",
        "Quotes that came again, and were left out",
        lambda: service.duplicates,
    )
    readings.counter(
        "tickwire_derive_late_total",
        "Quotes of which nothing was made because they came too late",
        lambda: transformation.late,
    )
    readings.counters(
        "tickwire_derive_refused_total",
        "Messages and quotes that were refused",
        "code",
        lambda: service.refused,
    )
    readings.counter(
        "tickwire_derive_messages_total",
        "Messages that were published, records of errors among them",
        lambda: publisher.published,
    )
    readings.counter(
        "tickwire_derive_messages_confirmed_total",
        "Messages that the broker has confirmed",
        lambda: publisher.confirmed,
    )
    readings.gauge(
        "tickwire_derive_last_quote_timestamp_seconds",
        "When the last message of a channel came, in seconds since 1970; 0 before the first",
        lambda: service.last_at,
    )

"""The metrics of a live source."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry

from market_data.live.lag import Lag
from market_data.live.pump import Pump
from market_data.live.reporting import Reporter
from market_data.mqtt.metrics import add_broker_metrics
from market_data.mqtt.publisher import Publisher
from telemetry.readings import Readings


def add_live_metrics(
    registry: CollectorRegistry,
    publisher: Publisher[int],
    pump: Pump,
    reporter: Reporter,
    lag: Lag,
) -> None:
    """Add them."""

    def skipped() -> Mapping[str, int]:
        # some sources report what others count
        reported = reporter.counts["unreadable"]
        return {**pump.skipped, "unreadable": pump.skipped.get("unreadable", 0) + reported}

    readings = Readings(registry)
    add_broker_metrics(readings, publisher.link)
    readings.counter(
        "tickwire_feed_quotes_published_total",
        "Quotes that were published",
        lambda: publisher.published - reporter.published,
    )
    readings.counter(
        "tickwire_feed_quotes_confirmed_total",
        "Quotes that the broker has confirmed",
        lambda: publisher.confirmed - publisher.confirmed_reports,
    )
    readings.counters(
        "tickwire_feed_skipped_total",
        "Rows or messages of the source that were not valid quotes",
        "code",
        skipped,
    )
    readings.counter(
        "tickwire_feed_gaps_total",
        "Gaps, in which the source could not tell its quotes",
        lambda: reporter.counts["gap"],
    )
    readings.gauge(
        "tickwire_feed_last_quote_timestamp_seconds",
        "When the last quote was sent, in seconds since 1970; 0 before the first",
        lambda: lag.last_at,
    )
    readings.gauge(
        "tickwire_feed_lag_seconds",
        "How old the last quote was when it was sent, by its own time of day",
        lambda: lag.seconds,
    )

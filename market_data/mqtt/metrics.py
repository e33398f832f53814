"""The metrics of a part's connections to its MQTT broker."""

from __future__ import annotations

from market_data.mqtt.link import Link
from telemetry.readings import Readings


def add_broker_metrics(readings: Readings, *links: Link) -> None:
    """Add them; a part that has several connections is connected when all of them are."""
    readings.gauge(
        "tickwire_mqtt_connected",
        "Whether the part is connected to its MQTT broker",
        lambda: not any(link.fault for link in links),
    )
    readings.counter(
        "tickwire_mqtt_reconnects_total",
        "Connections to the MQTT broker after the first one",
        lambda: sum(link.reconnects for link in links),
    )

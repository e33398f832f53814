"""The metrics of a part's connection to its MQTT broker."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge


class BrokerMetrics:
    """Whether there is a connection, and how often there was a new one.

    Whoever has the connection calls `connected` and `lost`, on one thread.
    """

    def __init__(self, registry: CollectorRegistry):
        self._connected = Gauge(
            "tickwire_mqtt_connected",
            "Whether the part is connected to its MQTT broker",
            registry=registry,
        )
        self._reconnects = Counter(
            "tickwire_mqtt_reconnects_total",
            "Connections to the MQTT broker after the first one",
            registry=registry,
        )
        self._is_first = True

    def connected(self) -> None:
        """Note that the broker has accepted a connection."""
        if not self._is_first:
            self._reconnects.inc()
        self._is_first = False
        self._connected.set(1)

    def lost(self) -> None:
        """Note that there is no connection."""
        self._connected.set(0)

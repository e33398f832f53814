"""One connection to a real broker: what nobody confirms is not taken for confirmed."""

from __future__ import annotations

from contextlib import closing

from paho.mqtt.enums import MQTTProtocolVersion

from market_data import BrokerAccess, Stop
from market_data.mqtt.connection import SLICE, Connection
from market_data.mqtt.link import VERSIONS, attempt
from tests.support.brokers import Broker
from tests.support.processes import eventually
from tests.support.watcher import Watcher


def test_a_message_that_is_sent_once_arrives_and_confirms_nothing(broker: Broker) -> None:
    confirmed: list[int] = []

    def make(version: MQTTProtocolVersion) -> Connection:
        return Connection(
            BrokerAccess.parse(broker.url),
            version,
            on_confirmed=lambda mid, _code: confirmed.append(mid),
        )

    watcher = Watcher(broker, "stats/+", "algos/+")
    with closing(attempt(make, [*VERSIONS], Stop())) as connection:
        for n in range(3):
            connection.send_once("stats/a", str(n))
        mid = connection.send("algos/a", "x")
        connection.send_once("stats/a", "3")

        def turned() -> list[int]:
            connection.turn(SLICE)
            return confirmed

        assert eventually(turned, "the confirmation") == [mid]
        assert watcher.wait("stats/a", 4) == [0, 1, 2, 3]
    watcher.close()

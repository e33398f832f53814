"""What is told of a broker that goes: nothing where everything ends at once."""

from __future__ import annotations

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from market_data import BrokerAddress, Interrupted, Stop
from market_data.mqtt import link
from market_data.mqtt.connection import Connection


@pytest.mark.parametrize(
    ("attempts", "told"),
    [
        (3, []),
        (6, ["lost the broker at mqtt://b:1883 (connection closed), waiting for it"]),
    ],
)
def test_a_loss_is_told_when_it_lasts(
    monkeypatch: pytest.MonkeyPatch, attempts: int, told: list[str]
) -> None:
    stop, delays, said = Stop(), [], []

    def sleep(seconds: float) -> None:
        delays.append(seconds)
        if len(delays) == attempts:
            stop.request()

    def away(_version: MQTTProtocolVersion) -> Connection:
        raise OSError("away")

    monkeypatch.setattr(link.time, "sleep", sleep)
    connecting = link.Link(
        BrokerAddress.parse("mqtt://b"), stop, said.append, away, lambda: sum(delays)
    )
    connecting._connected_before = True
    connecting.lost("connection closed")
    with pytest.raises(Interrupted):
        connecting.connect()
    assert said == told

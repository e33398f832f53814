"""What is told of a broker that goes: nothing where everything ends at once."""

from __future__ import annotations

from unittest.mock import Mock

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from market_data import (
    BrokerAddress,
    BrokerRefusedError,
    ClientIdTakenError,
    Interrupted,
    Stop,
)
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


def test_a_broker_that_is_back_and_refuses_us_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stop, delays, said = Stop(), [], []

    def sleep(seconds: float) -> None:
        delays.append(seconds)
        if len(delays) == 6:
            stop.request()

    def refuse(_version: MQTTProtocolVersion) -> Connection:
        raise BrokerRefusedError("mqtts://b:8883", "the connection", "Not authorized")

    monkeypatch.setattr(link.time, "sleep", sleep)
    address = BrokerAddress.parse("mqtts://b")
    connecting = link.Link(address, stop, said.append, refuse, lambda: sum(delays))
    connecting._connected_before = True
    connecting.lost("Administrative action")
    with pytest.raises(Interrupted):
        connecting.connect()
    assert said == [
        "lost the broker at mqtts://b:8883 (Administrative action), waiting for it",
        "the broker at mqtts://b:8883 refused the connection: Not authorized; trying again",
    ]
    assert connecting.missing() == [
        "the broker at mqtts://b:8883 is unavailable: it refused the connection: Not authorized"
    ]


def test_a_client_that_takes_our_id_is_named_and_given_way_until_it_makes_no_sense(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    delays: list[float] = []
    said: list[str] = []
    monkeypatch.setattr(link.time, "sleep", delays.append)
    monkeypatch.setattr(link, "attempt", lambda *_: object())
    lasted = [1.0]
    now = [0.0]
    address = BrokerAddress.parse("mqtt://b")
    connecting = link.Link(address, Stop(), said.append, Mock(), lambda: now[0])

    def take() -> None:
        connecting.connect()
        connecting.is_of_use()
        now[0] += lasted[0]
        connecting.lost("Session taken over", is_taken_over=True)

    for _ in range(3):
        take()
    lasted[0] = 100.0  # a row ends with a connection that lasts
    take()
    lasted[0] = 1.0
    for _ in range(3):
        take()
    with pytest.raises(ClientIdTakenError, match="at mqtt://b:1883 5 times in a row"):
        take()
    assert delays == [0, 0.25, 0.5, 1, 0.25, 0.5, 1, 2]
    first = "another client has taken our client id at the broker at mqtt://b:1883; trying again in"
    assert next(each for each in said if first in each) == f"{first} 0.25 s"
    assert len([each for each in said if first in each]) == 7

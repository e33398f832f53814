"""What a connection publishes besides, at QoS 0, over real brokers."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import pytest
from paho.mqtt.client import MQTTMessage

from market_data import BrokerAccess, Publisher, Stop, Subscriber
from market_data.mqtt.broadcast import Broadcast
from market_data.mqtt.connection import Connection
from market_data.mqtt.link import VERSIONS, attempt
from tests.market_data.fake_broker import FakeBroker, Wire
from tests.support.brokers import Broker
from tests.support.processes import eventually


def connected(url: str, received: list[MQTTMessage], *filters: str) -> Connection:
    access = BrokerAccess.parse(url)
    return attempt(
        lambda version: Connection(access, version, filters=filters, on_message=received.append),
        [*VERSIONS],
        Stop(),
    )


def test_a_broadcast_neither_confirms_nor_delays_a_quote(broker: Broker) -> None:
    """Publisher and subscriber send it at each turn, and it is no quote of theirs."""
    received: list[MQTTMessage] = []
    watching = connected(broker.url, received, "quotes", "stats/#")
    access = BrokerAccess.parse(broker.url)
    publisher: Publisher[None] = Publisher(access, "quotes", Stop(), print)
    subscriber = Subscriber(access, ["quotes"], Stop(), print, session="mine")
    sent = dict.fromkeys(("publisher", "subscriber"), 0)
    for name, each in (("publisher", publisher), ("subscriber", subscriber)):

        def text(name: str = name) -> str:
            sent[name] += 1
            return str(sent[name])

        each.broadcast = Broadcast(f"stats/{name}", text, 0.0)
        each.connect()
    texts = [f"quote {number}" for number in range(100)]
    for one in texts:
        publisher.publish(one)
        publisher.turn(0)
    publisher.drain()
    arrived: list[str] = []

    def all_arrived() -> bool:
        new = subscriber.receive(0)
        arrived.extend(message.payload.decode() for message in new)
        if new:
            subscriber.acknowledge(new[-1])
        return len(arrived) == len(texts)

    eventually(all_arrived, "the quotes")
    assert arrived == texts
    assert publisher.confirmed == publisher.published == len(texts)
    assert sent["publisher"] >= len(texts)
    publisher.close()
    subscriber.close()

    def of(name: str) -> list[str]:
        return [each.payload.decode() for each in received if each.topic == name]

    def all_seen() -> bool:
        for _ in range(100):
            watching.turn(0)
        return of("quotes") == texts and len(of("stats/publisher")) == sent["publisher"]

    eventually(all_seen, "the same at another subscriber")
    # in their order, each once
    assert of("stats/publisher") == [str(n) for n in range(1, sent["publisher"] + 1)]
    assert of("stats/subscriber")[:1] == ["1"]
    assert {each.qos for each in received if each.topic.startswith("stats/")} == {0}
    watching.close()


def test_it_goes_out_at_even_distances_and_not_more_often_after_a_pause() -> None:
    now = [0.0]
    sent: list[float] = []

    class Free:
        is_busy = False

        def send_once(self, _topic: str, _text: str) -> None:
            sent.append(now[0])

    broadcast = Broadcast("stats/x", str, 1.0, lambda: now[0])
    for now[0] in (0.0, 0.5, 1.1, 1.9, 2.0, 3.4, 60.0, 60.1, 60.9, 61.0):
        broadcast.turn(Free())  # type: ignore[arg-type]
    assert sent == [0.0, 1.1, 2.0, 3.4, 60.0, 61.0]


def test_nothing_piles_up_for_a_broker_that_does_not_read(
    fake_broker: Callable[..., FakeBroker],
) -> None:
    done = threading.Event()

    def deaf(wire: Wire) -> None:
        wire.connect()
        wire.accept(b"")
        done.wait(30)

    connection = connected(fake_broker(deaf).url, [])
    # the buffers of the system are full soon
    connection._client.socket().setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    made = 0

    def text() -> str:
        nonlocal made
        made += 1
        return "x" * 1_000_000

    broadcast = Broadcast("stats/x", text, 0.0)
    for _ in range(100):
        broadcast.turn(connection)
        connection.turn(0)
    done.set()
    assert made < 20
    connection.close()


def test_a_text_that_cannot_be_made_ends_nothing_and_is_logged_once(
    mosquitto: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    received: list[MQTTMessage] = []
    watching = connected(mosquitto.url, received, "stats/#")
    sending = connected(mosquitto.url, [])
    attempts = 0

    def text() -> str:
        nonlocal attempts
        attempts += 1
        if attempts < 3:
            raise RuntimeError("dictionary changed size during iteration")
        return "told"

    broadcast = Broadcast("stats/x", text, 0.0)

    def arrived() -> object:
        broadcast.turn(sending)
        sending.turn(0)
        watching.turn(0)
        return received

    eventually(arrived, "the text")
    assert received[0].payload == b"told"
    (record,) = (each for each in caplog.records if each.levelname == "ERROR")
    assert record.getMessage().startswith("what goes to stats/x cannot be read: dictionary")
    for each in (watching, sending):
        each.close()

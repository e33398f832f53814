"""The recorder acknowledges what its destination has kept, and nothing else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from market_data import BrokerAccess, Interrupted, Publisher, Received, Stop, Subscriber
from market_data.mqtt.connection import Connection
from market_data.mqtt.link import attempt
from market_data.record import recorder
from market_data.record.destination import NotKeptError
from market_data.record.recorder import Counts, record
from tests.support.brokers import Broker
from tests.support.processes import PATIENCE, eventually


class Shelf:
    """A destination in memory, which may be full."""

    def __init__(self, is_full: bool = False):
        self.kept: list[Received] = []
        self.is_full = is_full
        self.attempts = 0

    def __str__(self) -> str:
        return "the shelf"

    def keep(self, messages: Sequence[Received]) -> int:
        self.attempts += 1
        if self.is_full:
            raise NotKeptError("it is full")
        self.kept += messages
        return len(messages)

    def work(self) -> bool:
        return False

    def missing(self) -> list[str]:
        return []

    def close(self) -> None:
        pass


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def recording(
    broker: Broker, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., object]:
    """Records at a broker until the block ends; yields the counts."""
    monkeypatch.setattr(recorder, "_PAUSE", 0.05)

    @contextmanager
    def run(shelf: Shelf) -> Iterator[Counts]:
        stop, counts = Stop(), Counts()
        access = BrokerAccess.parse(broker.url)
        subscriber = Subscriber(access, ["quotes/#"], stop, told.append, session="mine")
        subscriber.connect()

        def loop() -> None:
            with suppress(Interrupted):
                record(subscriber, shelf, told.append, lambda _: None, counts)

        thread = threading.Thread(target=loop, daemon=True)
        thread.start()
        yield counts
        stop.request()
        thread.join(PATIENCE)
        subscriber.close()

    return run


def publish(broker: Broker, *texts: str) -> None:
    publisher: Publisher[None] = Publisher(
        BrokerAccess.parse(broker.url), "quotes/a", Stop(), lambda _: None
    )
    publisher.connect()
    for text in texts:
        publisher.publish(text)
    publisher.drain()
    publisher.close()


def test_what_cannot_be_kept_is_not_acknowledged_and_kept_when_that_is_possible(
    broker: Broker, recording: Callable[..., object], told: list[str]
) -> None:
    shelf = Shelf(is_full=True)
    with recording(shelf):
        publish(broker, "1", "2")
        eventually(lambda: shelf.attempts > 1, "a second attempt")
    # the broker sends them again to the next one
    with recording(shelf) as counts:
        eventually(lambda: shelf.attempts > 3, "more attempts")
        shelf.is_full = False
        eventually(lambda: counts.kept == 2, "what waited")
    assert [message.payload for message in shelf.kept] == [b"1", b"2"]
    reported = (
        "the shelf cannot keep messages: it is full; they are not acknowledged, and wait at the"
        " broker"
    )
    assert told == [reported, reported, "the shelf keeps messages again"]
    with recording(shelf) as counts:
        publish(broker, "3")
        eventually(lambda: counts.kept == 1, "a new one")
    assert [message.payload for message in shelf.kept] == [b"1", b"2", b"3"]


def test_a_copy_that_the_broker_had_retained_is_no_new_message(
    broker: Broker, recording: Callable[..., object]
) -> None:
    access = BrokerAccess.parse(broker.url)
    confirmed: list[int] = []
    connection = attempt(
        lambda version: Connection(
            access, version, on_confirmed=lambda mid, _reason: confirmed.append(mid)
        ),
        [MQTTProtocolVersion.MQTTv311],
        Stop(),
    )
    connection.send("quotes/a", "old", retain=True)
    eventually(lambda: connection.turn(0.1) or confirmed, "the PUBACK")
    connection.close()
    shelf = Shelf()
    with recording(shelf) as counts:
        publish(broker, "new")
        eventually(lambda: counts.kept == 1 and counts.retained == 1, "both")
    assert [message.payload for message in shelf.kept] == [b"new"]

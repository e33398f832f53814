"""The subscriber at real brokers: what it has not acknowledged comes again, to it alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest

from market_data import (
    BrokerAccess,
    Interrupted,
    Publisher,
    Received,
    SessionTakenError,
    Stop,
    Subscriber,
)
from market_data.mqtt import subscriber as module
from market_data.mqtt.access import TlsFiles
from market_data.mqtt.address import BrokerAddress
from tests.market_data.fake_broker import CONNACK, DISCONNECT, PUBACK, PUBLISH, FakeBroker, Wire
from tests.support.brokers import Broker
from tests.support.processes import PATIENCE, eventually

SUBACK, SESSION_TAKEN_OVER = 9, 0x8E  # MQTT 5, 3.9 and 3.14.2.1

Make = Callable[..., Subscriber]


@pytest.fixture
def make(broker: Broker) -> Iterator[Make]:
    """Makes connected subscribers of the session `mine`, and closes them."""
    with ExitStack() as stack:

        def subscriber(*filters: str, prefix: str = "", stop: Stop | None = None) -> Subscriber:
            access = BrokerAccess(BrokerAddress.parse(broker.url), TlsFiles(), prefix)
            made = Subscriber(
                access, filters or ["quotes/#"], stop or Stop(), told.append, session="mine"
            )
            stack.callback(made.close)
            made.connect()
            return made

        told.clear()
        yield subscriber


told: list[str] = []


def publish(broker: Broker, topic: str, *texts: str) -> None:
    access = BrokerAccess.parse(broker.url)
    publisher: Publisher[None] = Publisher(access, topic, Stop(), told.append)
    publisher.connect()
    for text in texts:
        publisher.publish(text)
    publisher.drain()
    publisher.close()


def numbers(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last + 1)]


def receive(subscriber: Subscriber, count: int) -> list[Received]:
    """So many messages, without acknowledging them."""
    found: list[Received] = []
    eventually(lambda: found.extend(subscriber.receive(0.1)) or len(found) >= count, "messages")
    return found


def texts(messages: list[Received]) -> list[str]:
    return [message.payload.decode() for message in messages]


def test_what_is_not_acknowledged_comes_again_at_the_next_start_with_what_came_meanwhile(
    broker: Broker, make: Make
) -> None:
    first = make()
    publish(broker, "quotes/a", *numbers(1, 5))
    got = receive(first, 5)
    assert texts(got) == numbers(1, 5)
    assert {message.topic for message in got} == {"quotes/a"}
    assert [message.arrived for message in got] == sorted(message.arrived for message in got)
    first.acknowledge(got[2])
    first.close()
    publish(broker, "quotes/b", "6")
    again = receive(make(), 3)
    assert texts(again) == ["4", "5", "6"]


def test_a_message_of_an_earlier_connection_is_not_acknowledged_on_a_later_one(
    broker: Broker, make: Make
) -> None:
    subscriber = make()
    publish(broker, "quotes/a", "1", "2")
    before = receive(subscriber, 2)
    assert subscriber._connection is not None
    subscriber._connection._client.socket().close()
    again = receive(subscriber, 2)
    assert texts(again) == ["1", "2"]
    subscriber.acknowledge(before[-1])
    subscriber.acknowledge(again[0])
    subscriber.close()
    assert texts(receive(make(), 1)) == ["2"]


def test_what_was_acknowledged_does_not_come_again_where_the_connection_took_that_with_it() -> None:
    """Without an id nothing else tells it: it would be recorded, or be part of a bar, twice."""
    confirmed: list[int] = []

    def begin(wire: Wire, *, is_resumed: bool) -> None:
        assert wire.connect() == 5
        wire.write(CONNACK, bytes([is_resumed, 0, 0]))
        _, body = wire.read()
        wire.write(SUBACK, body[:2] + b"\0\1")

    def send(wire: Wire, packet_id: int, text: bytes, *, is_repeat: bool = False) -> None:
        flags = 0b1010 if is_repeat else 0b0010
        wire.write(PUBLISH, b"\0\1q" + bytes([0, packet_id, 0]) + text, flags)

    def confirm(wire: Wire) -> None:
        kind, body = wire.read()
        if kind == PUBACK:
            confirmed.append(body[1])
        else:
            assert kind == DISCONNECT

    def lose(wire: Wire) -> None:
        begin(wire, is_resumed=False)
        for packet_id, text in ((1, b"a"), (2, b"b"), (3, b"a")):
            send(wire, packet_id, text)
        wire.read()  # the acknowledgements of the first two, and the connection ends

    def send_again(wire: Wire) -> None:
        begin(wire, is_resumed=True)
        for packet_id, text in ((1, b"a"), (2, b"b"), (3, b"a")):
            send(wire, packet_id, text, is_repeat=True)
        send(wire, 4, b"a")  # the same price again
        send(wire, 2, b"c", is_repeat=True)  # a broker that has forgotten, and counts anew
        while True:
            confirm(wire)

    broker = FakeBroker(lose, send_again)
    access = BrokerAccess.parse(broker.url)
    subscriber = Subscriber(access, ["q"], Stop(), told.append, session="mine")
    subscriber.connect()
    before = receive(subscriber, 3)
    subscriber.acknowledge(before[1])
    after = receive(subscriber, 3)
    assert texts(after) == ["a", "a", "c"]
    eventually(lambda: confirmed == [1, 2], "the lost acknowledgements")
    subscriber.acknowledge(after[-1])
    eventually(lambda: confirmed == [1, 2, 3, 4, 2], "the others")
    subscriber.close()
    broker.close()
    assert broker.error is None


def test_no_more_is_read_than_may_be_unacknowledged(
    broker: Broker, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_UNACKNOWLEDGED", 10)
    subscriber = make()
    publish(broker, "quotes/a", *numbers(1, 25))
    got = receive(subscriber, 10)
    subscriber.wait(0.05)
    assert texts(got) == numbers(1, 10)
    assert subscriber.receive(0) == []
    subscriber.acknowledge(got[3])
    assert texts(receive(subscriber, 4)) == numbers(11, 14)
    assert subscriber.receive(0) == []


def test_of_two_processes_with_one_session_one_ends_and_names_the_cause(
    broker: Broker, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one goes on: they do not disconnect each other for ever."""
    monkeypatch.setattr(module, "_MAX_SHORT", 3)  # fewer rounds, of growing pauses
    ends: list[str] = []
    stops = [Stop(), Stop()]

    def run(subscriber: Subscriber) -> None:
        with suppress(Interrupted):
            try:
                while True:
                    subscriber.receive(0.05)
            except SessionTakenError as error:
                ends.append(str(error))

    threads = []
    for stop in stops:
        threads.append(threading.Thread(target=run, args=[make(stop=stop)], daemon=True))
        threads[-1].start()
    eventually(lambda: ends, "the end of one")
    publish(broker, "quotes/a", "1")
    for stop in stops:
        stop.request()
    for thread in threads:
        thread.join(PATIENCE)
    assert ends == [
        f'the broker at {broker.url} has closed 3 connections of the session "mine" soon after they'
        " were made, as it does if another process uses it: a session serves one process; end the"
        " other one, or give this one another session by --session"
    ]


def test_a_broker_that_says_that_another_process_has_the_session_is_believed_at_once(
    fake_broker: Callable[..., FakeBroker],
) -> None:
    def takes_over(wire: Wire) -> None:
        wire.connect()
        wire.accept(b"")
        _subscribe, body = wire.read()
        wire.write(SUBACK, body[:2] + b"\0\1")
        wire.write(DISCONNECT, bytes([SESSION_TAKEN_OVER, 0]))

    access = BrokerAccess.parse(fake_broker(takes_over).url)
    subscriber = Subscriber(access, ["quotes"], Stop(), told.append, session="mine")
    with pytest.raises(SessionTakenError, match='another process uses the session "mine" at'):
        subscriber.receive(PATIENCE)


def test_what_an_earlier_start_has_subscribed_to_is_dropped_and_told(
    broker: Broker, make: Make
) -> None:
    make("old/#", "quotes/#").close()
    publish(broker, "old/a", "1")
    publish(broker, "quotes/a", "2")
    subscriber = make()
    got = receive(subscriber, 1)
    assert texts(got) == ["2"]
    assert told == [
        "dropped what comes on old/a: an earlier start of the session mine has subscribed to it,"
        " this one has not"
    ]
    subscriber.acknowledge(got[0])
    subscriber.close()
    again = make()
    publish(broker, "quotes/a", "3")
    assert texts(receive(again, 1)) == ["3"]


@pytest.mark.parametrize("is_continued", [True, False])
def test_a_broker_that_has_not_kept_the_session_is_told(
    fake_broker: Callable[..., FakeBroker], is_continued: bool
) -> None:
    def forgets(wire: Wire) -> None:
        wire.connect()
        wire.accept(b"")
        _subscribe, body = wire.read()
        wire.write(SUBACK, body[:2] + b"\0\1")

    told.clear()
    access = BrokerAccess.parse(fake_broker(forgets).url)
    subscriber = Subscriber(
        access, ["quotes"], Stop(), told.append, session="mine", is_continued=is_continued
    )
    sentence = f"the broker at {access.address} has not kept the session mine: what came while"

    def is_told() -> bool:
        return any(text.startswith(sentence) for text in told)

    subscriber.connect()
    # the first start makes the session, and a connection after it expects that
    assert is_told() is is_continued
    eventually(lambda: subscriber.receive(0.05) or is_told(), "the sentence")
    subscriber.close()


def test_topics_are_without_the_prefix(broker: Broker, make: Make) -> None:
    subscriber = make(prefix="site1/")
    publish(broker, "site1/quotes/a", "1")
    (message,) = receive(subscriber, 1)
    assert message.topic == "quotes/a"


def test_a_stop_that_is_asked_for_loses_nothing_that_was_read(broker: Broker, make: Make) -> None:
    stop = Stop()
    subscriber = make(stop=stop)
    publish(broker, "quotes/a", "1", "2")
    got = receive(subscriber, 2)
    stop.request()
    with pytest.raises(Interrupted):
        subscriber.receive(1)
    subscriber.acknowledge(got[0])
    subscriber.close()
    assert texts(receive(make(), 1)) == ["2"]

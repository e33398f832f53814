"""The publisher against brokers that refuse, close, hold back and forget."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from market_data import (
    BrokerAccess,
    BrokerRefusedError,
    ClientIdTakenError,
    Interrupted,
    Publisher,
    Stop,
)
from market_data.mqtt import link, publisher
from tests.market_data.fake_broker import CONNACK, DISCONNECT, FakeBroker, Wire, accept_and_confirm
from tests.support.processes import free_port

Brokers = Callable[..., FakeBroker]
FIRST_VERSION_REFUSED = b"\0\1"  # MQTT 3.1.1, 3.2.2.3
NOT_AUTHORIZED = 0x87  # MQTT 5, 2.4
NO_MATCHING_SUBSCRIBERS = 0x10
SESSION_TAKEN_OVER = 0x8E


class Publishing:
    """A publisher to a broker, and what it told."""

    def __init__(
        self,
        broker: FakeBroker,
        clock: Callable[[], float] = time.monotonic,
        awaits_subscriber: bool = True,
    ):
        self.told: list[str] = []
        self.stop = Stop()
        access = BrokerAccess.parse(broker.url)
        self.publisher = Publisher(
            access,
            "quotes",
            self.stop,
            self.told.append,
            clock,
            awaits_subscriber=awaits_subscriber,
        )

    def publish(self, *texts: str) -> Publisher:
        self.publisher.connect()
        for text in texts:
            self.publisher.publish(text)
        return self.publisher


def numbers(count: int) -> list[str]:
    return [str(number) for number in range(1, count + 1)]


@pytest.mark.parametrize("answer", [FIRST_VERSION_REFUSED, None], ids=["refuses", "closes"])
def test_a_broker_without_mqtt_5_is_spoken_to_in_3_1_1(
    fake_broker: Brokers, answer: bytes | None
) -> None:
    versions = []

    def old(wire: Wire) -> None:
        versions.append(wire.connect())
        if versions[-1] == 4:
            wire.accept()
            mid, _ = wire.publish()
            wire.confirm(mid)
            wire.read()
        elif answer is not None:
            wire.write(CONNACK, answer)

    publishing = Publishing(fake_broker(old))
    publishing.publish("1").drain()
    assert versions == [5, 4]
    assert publishing.publisher.confirmed == 1
    assert publishing.told == []


@pytest.mark.parametrize(
    ("properties", "window"), [(b"", 1000), (b"\x21\x00\x14", 20)], ids=["ours", "the broker's"]
)
def test_no_more_than_the_window_is_unconfirmed(
    fake_broker: Brokers, properties: bytes, window: int
) -> None:
    def silent(wire: Wire) -> None:
        wire.connect()
        wire.accept(properties)
        # the first one goes alone
        wire.confirm(wire.publish()[0])
        while True:
            wire.publish()

    publishing = Publishing(fake_broker(silent))
    publishing.publish(*numbers(window + 1))
    threading.Timer(0.2, publishing.stop.request).start()
    with pytest.raises(Interrupted):
        publishing.publisher.publish("one more")
    assert publishing.publisher.published == window + 1
    assert publishing.publisher.confirmed == 1


def test_what_may_be_lost_is_sent_again_in_order(
    fake_broker: Brokers,
) -> None:
    """What was confirmed lately or not at all is sent again in order and before anything new."""
    received: list[str] = []

    def forgetful(wire: Wire) -> None:
        wire.connect()
        wire.accept(b"")
        # to the last one: a connection that is closed with something unread loses its PUBACKs
        for number in range(500):
            mid, _ = wire.publish()
            if number < 3:
                wire.confirm(mid)

    def right(wire: Wire) -> None:
        wire.connect()
        # a smaller window than the number of those that wait
        wire.accept(b"\x21\x00\x02")
        while True:
            mid, text = wire.publish()
            received.append(text)
            wire.confirm(mid)

    broker = fake_broker(forgetful, right)
    publishing = Publishing(broker)
    publishing.publish(*numbers(500)).drain()
    assert received == numbers(500)
    assert publishing.publisher.confirmed == publishing.publisher.published == 500
    assert publishing.told == [
        f"lost the broker at {broker.url} (connection closed), waiting for it",
        f"the broker at {broker.url} is back",
    ]
    assert publishing.publisher.link.reconnects == 1
    assert publishing.publisher.missing() == []


def test_only_what_the_broker_may_have_forgotten_is_sent_again(fake_broker: Brokers) -> None:
    received: list[list[str]] = []
    cuts = [threading.Event(), threading.Event()]

    def cut_off(count: int, confirmed: int) -> Callable[[Wire], None]:
        def script(wire: Wire) -> None:
            wire.connect()
            wire.accept(b"")
            received.append([])
            for number in range(count):
                mid, text = wire.publish()
                received[-1].append(text)
                if number < confirmed:
                    wire.confirm(mid)
            cuts[len(received) - 1].wait(30)

        return script

    def right(wire: Wire) -> None:
        wire.connect()
        wire.accept(b"")
        received.append([])
        while True:
            mid, text = wire.publish()
            received[-1].append(text)
            wire.confirm(mid)

    now = 0.0
    broker = fake_broker(cut_off(4, 4), cut_off(3, 2), right)
    publishing = Publishing(broker, clock=lambda: now)
    publishing.publish("1", "2").drain()
    now = 15.0
    publishing.publish("3").drain()
    now = 20.5
    publishing.publish("4").drain()
    # the loss is noticed late: what matters is for how long the broker is known to have lived
    now = 60.0
    cuts[0].set()
    publishing.publish("5")
    cuts[1].set()
    publishing.publish("6").drain()
    # losses that follow one another count as one
    assert received == [["1", "2", "3", "4"], ["3", "4", "5"], ["3", "4", "5", "6"]]
    assert publishing.publisher.confirmed == publishing.publisher.published == 6


def test_what_reaches_nobody_is_sent_again_ever_less_often(
    fake_broker: Brokers,
) -> None:
    """What reaches nobody is sent again ever less often until it reaches somebody."""
    received: list[tuple[str, float]] = []

    def lonely(wire: Wire) -> None:
        wire.connect()
        wire.accept(b"")
        while True:
            mid, text = wire.publish()
            received.append((text, time.monotonic()))
            wire.confirm(mid, NO_MATCHING_SUBSCRIBERS if len(received) < 4 else 0)

    publishing = Publishing(fake_broker(lonely))
    publishing.publish("1", "2", "3").drain()
    assert [text for text, _ in received] == ["1", "1", "1", "1", "2", "3"]
    moments = [moment for _, moment in received]
    for attempt, delay in enumerate([0.1, 0.2, 0.4]):
        assert moments[attempt + 1] - moments[attempt] >= delay
    assert publishing.told == [
        "nobody is subscribed to quotes; waiting for a subscriber",
        "somebody is subscribed to quotes",
    ]
    assert publishing.publisher.confirmed == 3


def test_all_that_left_after_what_reached_nobody_is_sent_again_in_order(
    fake_broker: Brokers,
) -> None:
    received: list[str] = []

    def deserted(wire: Wire) -> None:
        wire.connect()
        wire.accept(b"")

        def read() -> bytes:
            mid, text = wire.publish()
            received.append(text)
            return mid

        wire.confirm(read())
        mids = [read() for _ in range(4)]
        for mid, reason in zip(mids, (0, NO_MATCHING_SUBSCRIBERS, 0, 0), strict=True):
            wire.confirm(mid, reason)
        while True:
            wire.confirm(read())

    publishing = Publishing(fake_broker(deserted))
    publishing.publish(*numbers(5)).drain()
    publishing.publish("6").drain()
    assert received == ["1", "2", "3", "4", "5", "3", "4", "5", "6"]
    assert publishing.publisher.confirmed == 6


def test_a_text_on_another_topic_that_reaches_nobody_holds_nothing_up(
    fake_broker: Brokers,
) -> None:
    received: list[str] = []

    def half(wire: Wire) -> None:
        wire.connect()
        wire.accept(b"")
        for _ in range(3):
            mid, text = wire.publish()
            received.append(text)
            wire.confirm(mid, NO_MATCHING_SUBSCRIBERS if text == "report" else 0)
        wire.read()

    publishing = Publishing(fake_broker(half))
    publishing.publish("1")
    publishing.publisher.publish("report", None, "errors/s", is_awaited=False)
    publishing.publish("2").drain()
    assert received == ["1", "report", "2"]
    assert publishing.told == []
    publishing.publisher.close()


def test_where_no_subscriber_is_awaited_what_reaches_nobody_is_confirmed(
    fake_broker: Brokers,
) -> None:
    received: list[str] = []

    def lonely(wire: Wire) -> None:
        wire.connect()
        wire.accept(b"")
        # the first is not answered before the others: none waits for it
        mids = []
        for _ in range(3):
            mid, text = wire.publish()
            received.append(text)
            mids.append(mid)
        for mid in mids:
            wire.confirm(mid, NO_MATCHING_SUBSCRIBERS)
        wire.read()

    publishing = Publishing(fake_broker(lonely), awaits_subscriber=False)
    publishing.publish("1", "2", "3").drain()
    assert received == ["1", "2", "3"]
    assert publishing.publisher.confirmed == 3
    assert publishing.told == []


def test_a_text_goes_to_its_own_topic_also_when_it_is_sent_again(fake_broker: Brokers) -> None:
    topics: list[str] = []

    def read(wire: Wire) -> bytes:
        body = wire.read()[1]
        size = int.from_bytes(body[:2])
        topics.append(body[2 : 2 + size].decode())
        return body[2 + size : 4 + size]

    def forgetful(wire: Wire) -> None:
        wire.connect()
        wire.accept(b"")
        wire.confirm(read(wire))
        read(wire)

    def right(wire: Wire) -> None:
        wire.connect()
        wire.accept(b"")
        while True:
            wire.confirm(read(wire))

    publisher = Publishing(fake_broker(forgetful, right)).publisher
    publisher.connect()
    publisher.publish("1", topic="indicators/sma-2/GOOG")
    publisher.publish("2")
    publisher.drain()
    assert topics == ["indicators/sma-2/GOOG", "quotes"] * 2


def test_nobody_is_waited_for_when_the_end_is_settled(fake_broker: Brokers) -> None:
    def lonely(wire: Wire) -> None:
        wire.connect()
        wire.accept(b"")
        while True:
            wire.confirm(wire.publish()[0], NO_MATCHING_SUBSCRIBERS)

    publishing = Publishing(fake_broker(lonely))
    publishing.publish("1").settle(3600)
    assert publishing.publisher.confirmed == 0


def test_a_quote_that_the_broker_refuses_is_an_error_and_not_confirmed(
    fake_broker: Brokers,
) -> None:
    def strict(wire: Wire) -> None:
        wire.connect()
        wire.accept(b"")
        wire.confirm(wire.publish()[0], NOT_AUTHORIZED)
        wire.read()

    publishing = Publishing(fake_broker(strict))
    with pytest.raises(BrokerRefusedError, match="refused a message on quotes: Not authorized"):
        publishing.publish("1").drain()
    assert publishing.publisher.confirmed == 0


def test_a_broker_that_refuses_the_client_is_not_waited_for(fake_broker: Brokers) -> None:
    def strict(wire: Wire) -> None:
        wire.connect()
        wire.write(CONNACK, bytes([0, NOT_AUTHORIZED, 0]))

    with pytest.raises(BrokerRefusedError, match="refused the connection: Not authorized"):
        Publishing(fake_broker(strict)).publish()


def test_a_broker_that_ends_every_connection_is_asked_ever_less_often(
    fake_broker: Brokers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fickle(wire: Wire) -> None:
        wire.connect()
        wire.accept(b"")

    delays: list[float] = []
    publishing = Publishing(fake_broker(fickle))

    def sleep(seconds: float) -> None:
        delays.append(seconds)
        if len(delays) == 9:
            publishing.stop.request()

    monkeypatch.setattr(publisher.time, "sleep", sleep)
    with pytest.raises(Interrupted):
        publishing.publish("1").drain()
    assert delays == [0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5, 5]


def test_a_broker_that_confirmed_something_is_asked_again_at_once(
    fake_broker: Brokers, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections: list[int] = []

    def fickle(wire: Wire) -> None:
        wire.connect()
        wire.accept(b"")
        connections.append(1)
        # those that it may have forgotten come first
        for _ in connections:
            wire.confirm(wire.publish()[0])

    delays: list[float] = []
    monkeypatch.setattr(publisher.time, "sleep", delays.append)
    publishing = Publishing(fake_broker(fickle))
    for text in ("1", "2", "3"):
        publishing.publish(text).drain()
        while len(publishing.told) < 2 * int(text):
            publishing.publisher.wait(0.01)
    assert delays == [0, 0, 0, 0]


def test_that_the_broker_is_away_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    delays: list[float] = []
    stop = Stop()

    def sleep(seconds: float) -> None:
        delays.append(seconds)
        if len(delays) == 5:
            stop.request()

    monkeypatch.setattr(publisher.time, "sleep", sleep)
    told: list[str] = []
    access = BrokerAccess.parse(f"mqtt://127.0.0.1:{free_port()}")
    with pytest.raises(Interrupted):
        Publisher(access, "quotes", stop, told.append, lambda: sum(delays)).connect()
    assert told == [f"waiting for the broker at {access.address}: Connection refused"]


def test_why_texts_reach_nobody_is_told_to_who_asks(fake_broker: Brokers) -> None:
    answers = iter([NO_MATCHING_SUBSCRIBERS, 0, None])
    read = threading.Event()

    def lonely(wire: Wire) -> None:
        wire.connect()
        wire.accept(b"")
        for answer in answers:
            mid, _ = wire.publish()
            if answer is not None:
                wire.confirm(mid, answer)
        read.set()
        wire.read()

    now = 0.0
    broker = fake_broker(lonely)
    publishing = Publishing(broker, lambda: now)
    made = publishing.publisher
    away = f"the broker at {broker.url} is unavailable"
    assert made.missing() == [f"{away}: it has not answered yet"]
    assert made.idle is None
    publishing.publish("1")
    while not made.missing():
        made.turn(0.01)
    assert made.missing() == ["nobody is subscribed to quotes"]
    now = 5.0
    made.drain()
    assert made.missing() == []
    now = 7.0
    assert made.idle == 2.0
    made.publish("2")
    assert made.missing() == []
    now = 19.0
    assert made.missing() == [f"the broker at {broker.url} has confirmed nothing for 12 s"]
    assert read.wait(30)
    made.close()


def test_what_awaits_nobody_is_counted_by_itself(fake_broker: Brokers) -> None:
    publisher = Publishing(fake_broker(accept_and_confirm)).publish("1", "2")
    publisher.publish("report", None, "errors/s", is_awaited=False)
    publisher.drain()
    assert (publisher.confirmed, publisher.confirmed_reports) == (3, 1)


def test_settling_ends_with_the_connection(fake_broker: Brokers) -> None:
    def fickle(wire: Wire) -> None:
        wire.connect()
        wire.accept(b"")
        wire.publish()

    publishing = Publishing(fake_broker(fickle, accept_and_confirm))
    publishing.publish("1").settle(3600)
    assert publishing.publisher.confirmed == 0


@pytest.mark.parametrize("version", [5, 4])
def test_at_most_ten_texts_a_second_show_when_they_were_published(
    fake_broker: Brokers, version: int
) -> None:
    """The first of each tenth of a second, and none that is sent again; MQTT 3.1.1 has no place."""
    seen: list[tuple[str, bytes]] = []
    now = [100.0]

    def script(wire: Wire) -> None:
        if wire.connect() != version:
            wire.write(CONNACK, FIRST_VERSION_REFUSED)
            return
        wire.accept(b"" if version == 5 else None)
        while True:
            mid, payload, properties = wire.publish_with_properties()
            seen.append((payload, properties))
            if payload == "4" and len(seen) == 4:
                return  # it is lost without a confirmation
            wire.confirm(mid)

    publishing = Publishing(fake_broker(script), lambda: now[0], awaits_subscriber=False)
    before = time.time()
    for text in ("1", "2"):
        publishing.publish(text).drain()
        now[0] += 0.06
    publishing.publish("3").drain()
    now[0] += 1
    publishing.publish("4").drain()
    after = time.time()
    assert [text for text, _ in seen][:4] == ["1", "2", "3", "4"]
    assert len(seen) > 4, "the last text was sent again"
    if version == 4:
        assert all(properties == b"" for _, properties in seen)
        return
    marked = [text for text, properties in seen if properties]
    assert marked == ["1", "3", "4"]
    for _, properties in seen:
        if properties:
            # MQTT 5, 2.2.2.2: a user property is a pair of texts
            assert properties.startswith(b"\x26\0\x09published\0\x0d")
            assert int(before * 1000) <= int(properties[14:]) <= after * 1000


def test_a_publisher_whose_id_another_client_takes_again_and_again_ends(
    fake_broker: Brokers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link, "_TAKEN_DELAY", 0.01)

    def takes_over(wire: Wire) -> None:
        wire.connect()
        wire.accept(b"")
        mid, _text = wire.publish()
        wire.confirm(mid)
        wire.write(DISCONNECT, bytes([SESSION_TAKEN_OVER, 0]))

    made = Publishing(fake_broker(*[takes_over] * link.MAX_TAKEOVERS))
    publisher = made.publish("1")
    with pytest.raises(ClientIdTakenError, match="use_username_as_clientid"):
        publisher.wait(30)
    taken = [each for each in made.told if each.startswith("another client has taken our")]
    assert len(taken) == link.MAX_TAKEOVERS - 1

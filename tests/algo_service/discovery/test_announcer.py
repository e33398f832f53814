"""`algo-service serve --announce`: a real service, at real brokers that come and go."""

from __future__ import annotations

import json
import logging
import re
import signal
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zerorpc

from algo_service.discovery import announcer
from algo_service.discovery.announcer import Announcer
from market_data import BrokerAccess
from market_data.mqtt import link
from telemetry.part import Part
from tests.algo_service.conftest import Service
from tests.algo_service.discovery.conftest import EXAMPLE, Records
from tests.market_data.fake_broker import DISCONNECT, FakeBroker, Wire
from tests.support.brokers import MOSQUITTO, Broker
from tests.support.called import called
from tests.support.processes import PATIENCE, Process, eventually
from tests.support.secured import PASSWORD, TlsBroker

Serve = Callable[..., Service]
Connect = Callable[[Service], zerorpc.Client]
NewRecords = Callable[..., Records]

QUOTE = {"sid": "GOOG", "quote": 345.0}
SUBACK = 9
SESSION_TAKEN_OVER = 0x8E  # MQTT 5, 3.14.2.1


def test_a_service_announces_where_it_is_reached_and_then_what_initialize_led_to(
    broker: Broker, serve: Serve, connect: Connect, records: NewRecords
) -> None:
    service = serve("--announce", broker.url, "--cash", "5000")
    of_random = records(broker)
    record = of_random.wait_for("online")
    assert (record.name, record.algorithm, record.contract) == ("random", "random", 4)
    assert (record.address, record.channels) == (service.address, None)
    assert record.parameters["cash"] == 5000
    client = connect(service)
    assert client.initialize({"exit": 0.25}) == ["quotes"]
    after = of_random.wait_for("online", channels=["quotes"])
    snapshot = client.snapshot()
    assert after == record._replace(channels=["quotes"], parameters=snapshot["parameters"])
    assert records(broker).wait_for("online") == after, "it is not retained"


def test_initialize_with_the_same_result_publishes_nothing(
    mosquitto: Broker, serve: Serve, connect: Connect, records: NewRecords
) -> None:
    service = serve("--announce", mosquitto.url)
    of_random = records(mosquitto)
    client = connect(service)
    for _ in range(3):
        client.initialize({})
    of_random.wait_for("online", channels=["quotes"])
    client.initialize({})
    service.process.stop()
    of_random.wait_for("offline")
    published = [json.loads(payload) for payload in of_random.raw()]
    assert [each["state"] for each in published if each["channels"]] == ["online", "offline"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_service_that_ends_as_it_should_is_offline_and_not_lost(
    mosquitto: Broker, serve: Serve, records: NewRecords, number: signal.Signals
) -> None:
    service = serve("--announce", mosquitto.url)
    of_random = records(mosquitto)
    online = of_random.wait_for("online")
    service.process.signal(number)
    assert service.process.wait() == 0
    offline = of_random.wait_for("offline")
    assert offline.since >= online.since
    assert offline == online._replace(state="offline", since=offline.since)
    again = serve("--announce", mosquitto.url)
    of_random.wait_for("online", address=again.address)
    assert "lost" not in {json.loads(payload)["state"] for payload in of_random.raw()}


def test_a_killed_service_is_lost_and_its_next_instance_online(
    broker: Broker, serve: Serve, records: NewRecords
) -> None:
    service = serve("--announce", broker.url)
    of_random = records(broker)
    online = of_random.wait_for("online")
    service.process.kill()
    lost = of_random.wait_for("lost")
    assert lost == online._replace(state="lost", since=lost.since)
    serve("--announce", broker.url)
    assert of_random.wait_for("online").instance != online.instance


@pytest.mark.parametrize("state", ["lost", "offline"])
def test_a_late_will_of_an_earlier_instance_is_replaced(
    mosquitto: Broker, serve: Serve, records: NewRecords, state: str
) -> None:
    serve("--announce", mosquitto.url)
    of_random = records(mosquitto)
    online = of_random.wait_for("online")
    for _ in range(2):
        of_random.write({**EXAMPLE, "state": state})
        assert of_random.wait_for("online") == online
    assert records(mosquitto).wait_for("online") == online


def test_a_forgotten_service_serves_and_is_not_announced_until_it_is_started_again(
    mosquitto: Broker, serve: Serve, connect: Connect, records: NewRecords
) -> None:
    service = serve("--announce", mosquitto.url)
    of_random = records(mosquitto)
    of_random.wait_for("online")
    of_random.write("")
    service.process.wait_for(
        "^warning: random was forgotten: it is announced again when this service is"
    )
    client = connect(service)
    client.initialize({})
    client.event(QUOTE)
    of_random.write({**EXAMPLE, "state": "lost"})  # as a late will would
    assert service.process.stop() == 0
    of_random.write({**EXAMPLE, "state": "lost", "instance": "afterwards"})
    of_random.wait_for("lost", instance="afterwards")
    after = of_random.raw()[of_random.raw().index("") + 1 :]
    assert [json.loads(payload)["state"] for payload in after] == ["lost", "lost"]
    serve("--announce", mosquitto.url)
    of_random.wait_for("online")


def test_of_two_services_of_one_name_the_first_warns_and_leaves_the_topic_to_the_second(
    mosquitto: Broker, serve: Serve, records: NewRecords
) -> None:
    first = serve("--announce", mosquitto.url)
    of_random = records(mosquitto)
    of_random.wait_for("online", address=first.address)
    second = serve("--announce", mosquitto.url)
    of_random.wait_for("online", address=second.address)
    first.process.wait_for(
        f"^warning: two services have the name random: one at {first.address},"
        f" and one at {second.address},"
        " which is announced now; give one of them another --name$"
    )
    assert second.process.stop() == 0
    of_random.wait_for("online", address=first.address)
    third = serve("--announce", mosquitto.url)
    of_random.wait_for("online", address=third.address)
    first.process.wait_for(f"and one at {third.address}")
    assert first.process.stop() == 0
    of_random.write({**EXAMPLE, "state": "online", "instance": "afterwards"})
    of_random.wait_for("online", instance="afterwards")
    published = [json.loads(payload) for payload in of_random.raw()]
    ended = {each["address"] for each in published if each["state"] == "offline"}
    assert ended == {second.address}


def test_a_standby_that_an_account_is_handed_over_to_is_announced_when_it_has_it(
    mosquitto: Broker, serve: Serve, connect: Connect, records: NewRecords, tmp_path: Path
) -> None:
    """Not before: the swap may be refused, and the service before is to be found then."""
    options = ("--announce", mosquitto.url, "--journal")
    old = serve(*options, tmp_path / "old.db")
    first = connect(old)
    first.initialize({})
    of_random = records(mosquitto)
    before = of_random.wait_for("online", channels=["quotes"])
    new = serve(*options, tmp_path / "new.db", "--standby")
    second = connect(new)

    def prepare(epoch: int) -> dict[str, Any]:
        second.acquire(epoch)
        second.initialize({})
        account: dict[str, Any] = first.hand_over(epoch)
        return account

    prepare(1)
    second.release()
    first.take_back(2)
    first.initialize({})
    eventually(lambda: (of_random.last() or before).instance != before.instance, "the next record")
    of_random.wait_for("online", channels=["quotes"])
    second.take_over(prepare(3), 3)
    of_random.wait_for("online", channels=["quotes"], address=new.address)
    addresses = [json.loads(each)["address"] for each in of_random.raw()]
    assert addresses == sorted(addresses, key=[old.address, new.address].index)


def test_a_service_whose_broker_is_unavailable_serves_and_is_announced_later(
    broker: Broker, serve: Serve, connect: Connect, records: NewRecords
) -> None:
    broker.process.kill()
    service = serve("--announce", broker.url)
    service.process.wait_for(f"^announcing random: waiting for the broker at {broker.url}: ")
    client = connect(service)
    client.initialize({})
    client.event(QUOTE)
    broker.start()
    service.process.wait_for(f"^announced at {broker.url}: random is reached at {service.address}$")
    online = records(broker).wait_for("online", channels=["quotes"])
    broker.process.kill()
    service.process.wait_for("^announcing random: lost the broker at ")
    broker.start()
    of_random = records(broker)
    assert of_random.wait_for("online", instance=online.instance) == online
    service.process.wait_for("^announcing random: the broker at .* is back$")
    broker.process.kill()
    assert service.process.stop() == 0


HOSTILE = [
    b"[" * 60_000,
    b"[]",
    b'{"state": "online"}',
    json.dumps({**EXAMPLE, "name": "n" * 10_000}),
    json.dumps({**EXAMPLE, "name": "another"}),
    json.dumps({**EXAMPLE, "padding": "x" * 100_000}),
    json.dumps({**EXAMPLE, "parameters": []}),
]


def test_a_broken_record_is_reported_and_replaced_and_stops_nothing(
    mosquitto: Broker, serve: Serve, connect: Connect, records: NewRecords
) -> None:
    service = serve("--announce", mosquitto.url)
    of_random = records(mosquitto)
    online = of_random.wait_for("online")
    for payload in HOSTILE:
        of_random.write(payload)
    assert of_random.wait_for("online", instance=online.instance) == online
    of_random.write({**EXAMPLE, "address": "file:///etc/passwd"})
    assert of_random.wait_for("online", instance=online.instance) == online
    service.process.wait_for(
        '^warning: what others wrote to algos/random is replaced: "address" is "file:'
    )
    client = connect(service)
    client.initialize({})
    client.event(QUOTE)
    assert service.process.stop() == 0
    of_random.wait_for("offline")
    assert "Traceback" not in service.process.output
    assert max(map(len, service.process.output.splitlines())) < 400


def test_who_writes_again_and_again_is_answered_now_and_then(
    mosquitto: Broker, serve: Serve, records: NewRecords
) -> None:
    serve("--announce", mosquitto.url)
    of_random = records(mosquitto)
    online = of_random.wait_for("online")
    for n in range(200):
        of_random.write({**EXAMPLE, "state": "lost", "instance": str(n)})
    assert of_random.wait_for("online") == online
    answers = [json.loads(each)["state"] for each in of_random.raw()].count("online")
    assert answers < 100


@pytest.mark.skipif(MOSQUITTO is None, reason="mosquitto is not installed")
def test_a_broker_that_refuses_the_service_is_reported_and_asked_again(
    tmp_path: Path, start: Callable[..., Process], serve: Serve, connect: Connect
) -> None:
    broker = TlsBroker(tmp_path, start)
    secret = tmp_path / "secret"
    secret.write_text("wrong")
    options = ("--ca", broker.files.path("ca.crt"), "--username", "ann", "--password-file", secret)
    service = serve("--announce", broker.url, *options, "--prefix", "site1")
    service.process.wait_for(f"^warning: announcing random: the broker at {broker.url} refused")
    assert connect(service).initialize({}) == ["quotes"]
    assert service.process.stop() == 0
    secret.write_text(PASSWORD)
    service = serve("--announce", broker.url, *options, "--prefix", "site1")
    service.process.wait_for("^announced at ")


def test_the_topic_has_the_prefix_and_the_encoded_name_and_the_record_the_given_address(
    mosquitto: Broker, serve: Serve, records: NewRecords
) -> None:
    options = ("--name", "my 50%", "--prefix", "site1", "--advertise", "tcp://algo:4242")
    serve("--announce", mosquitto.url, *options)
    record = records(mosquitto, "site1/algos/my%2050%25").wait_for("online")
    assert (record.name, record.address) == ("my 50%", "tcp://algo:4242")


def test_of_a_service_at_every_address_the_name_of_the_host_is_announced(
    mosquitto: Broker, serve: Serve, records: NewRecords
) -> None:
    service = serve("--announce", mosquitto.url, host="0.0.0.0")
    port = service.address.rpartition(":")[2]
    record = records(mosquitto).wait_for("online")
    assert record.address == f"tcp://{socket.gethostname()}:{port}"


def test_of_a_class_with_a_long_name_the_beginning_is_announced(
    mosquitto: Broker, serve: Serve, records: NewRecords, tmp_path: Path
) -> None:
    long = "L" * 300
    code = f"class {long}:\n def initialize(self, p): return []\n def event(self, data): pass\n"
    (tmp_path / "long.py").write_text(code)
    spec = f"{tmp_path / 'long.py'}:{long}"
    serve("--announce", mosquitto.url, "--algo", spec, "--name", "short")
    assert records(mosquitto, "algos/short").wait_for("online").algorithm == "L" * 256


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--advertise", "tcp://algo:4242"], "--advertise needs --announce"),
        (["--ca", "ca.crt"], "--ca needs --announce"),
        (["--announce", "localhost"], "the URL has no scheme"),
        (["--announce", "mqtt://b", "--ca", "x"], "--ca is for TLS"),
        (["--announce", "mqtt://b", "--advertise", "file:///x"], '--advertise is "file:///x": oth'),
        (["--announce", "mqtt://b", "--advertise", "tcp://*:1"], '--advertise is "tcp://*:1": oth'),
        (["--announce", "mqtt://b", "--addr", "ipc:///tmp/a"], "give --advertise tcp://host:port"),
    ],
)
def test_a_mistake_is_a_sentence_with_status_2(options: list[str], sentence: str) -> None:
    ended = called("serve", *options)
    assert ended.returncode == 2
    assert sentence in re.sub(r"\s+", " ", ended.stderr)
    assert "Traceback" not in ended.stderr


def test_a_name_that_is_too_long_to_be_announced_is_a_sentence_with_status_2(
    tmp_path: Path, start: Callable[..., Process]
) -> None:
    name = "N" * 129
    (tmp_path / "long.py").write_text(
        f"class {name}:\n  def initialize(self, p): return []\n  def event(self, data): pass\n"
    )
    words = ("--announce", "mqtt://b", "--algo", f"long.py:{name}")
    ended = start("algo-service", "serve", *words, cwd=tmp_path)
    assert ended.wait() == 2
    assert "cannot be announced: a name has at most 128 characters" in ended.output
    assert "Traceback" not in ended.output


def test_variables_announce_it_too_and_without_a_broker_the_others_are_for_other_commands(
    mosquitto: Broker, serve: Serve, records: NewRecords
) -> None:
    variables: dict[str, Any] = {"ALGO_SERVICE_ADVERTISE": "tcp://algo:1", "ALGO_SERVICE_CA": "x"}
    serve(env=variables)
    variables = {"ALGO_SERVICE_ADVERTISE": "tcp://algo:1", "ALGO_SERVICE_ANNOUNCE": mosquitto.url}
    serve(env=variables)
    records(mosquitto).wait_for("online", address="tcp://algo:1")


def test_an_announcer_whose_id_another_client_takes_gives_way_and_tries_much_later(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    came = threading.Event()

    def accept(wire: Wire) -> None:
        wire.connect()
        wire.accept(b"")
        _subscribe, body = wire.read()
        wire.write(SUBACK, body[:2] + b"\0\1")

    def takes_over(wire: Wire) -> None:
        accept(wire)
        # the record and the first stats: unread, they would have its end reset the connection
        wire.read()
        wire.read()
        wire.write(DISCONNECT, bytes([SESSION_TAKEN_OVER, 0]))

    def welcomes(wire: Wire) -> None:
        accept(wire)
        wire.read()
        came.set()

    monkeypatch.setattr(link, "_TAKEN_DELAY", 0.01)
    monkeypatch.setattr(announcer, "_TAKEN_DELAY", 0.2)
    broker = FakeBroker(*[takes_over] * link.MAX_TAKEOVERS, welcomes)
    caplog.set_level(logging.INFO)
    part = Part("algo", "a", list)
    made = Announcer(BrokerAccess.parse(broker.url), "a", "random", "tcp://127.0.0.1:1", part)
    made.start({})
    assert came.wait(PATIENCE)
    made.end()
    broker.close()
    assert "another client has taken our client id" in caplog.text
    assert "use_username_as_clientid" in caplog.text

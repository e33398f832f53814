"""`bridge-node access` at a running broker: granted, used, revoked, renewed."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from tests.support.brokers import MOSQUITTO
from tests.support.processes import PATIENCE, Process, eventually, free_port
from tests.support.secured import AccessBroker

QUOTE = '{"sid": "ROOF", "quote": 21.5}'


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccessBroker]:
    """A broker with the shipped secure configuration, and its clients."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed: `apt-get install mosquitto` to run this test")
    broker = AccessBroker(tmp_path_factory.mktemp("secured"), Process)
    broker.grant_all(
        "roof device",
        "cellar device --reads roof",
        "bridge bridge",
        "bob viewer",
        "ticks feed --channel quotes --channel trades/#",
    )
    yield broker
    broker.process.end()


def publish(broker: AccessBroker, name: str, topic: str, port: int, *more: object) -> str:
    """Publish by mosquitto's own program; return what it complains of."""
    command = ["mosquitto_pub", *broker.of_mosquitto(name, port), *map(str, more)]
    command += ["-V", "5", "-q", "1", "-t", topic, "-m", QUOTE]
    ended = subprocess.run(command, text=True, capture_output=True, check=False)
    return ended.stdout + ended.stderr


def stay_connected(broker: AccessBroker, name: str) -> threading.Event:
    """Connect with a certificate; the event is set when the broker ends the connection."""
    ended = threading.Event()
    client = Client(CallbackAPIVersion.VERSION2, reconnect_on_failure=False)
    pair = (str(broker.file(name, file)) for file in ("client.crt", "client.key"))
    client.tls_set(str(broker.file(name, "ca.crt")), *pair)
    client.on_disconnect = lambda *_: ended.set()
    client.connect("127.0.0.1", broker.ports[8884])
    client.loop_start()
    eventually(client.is_connected, "the connection")
    return ended


@pytest.fixture
def subscribe(start: Callable[..., Process], secured: AccessBroker) -> Callable[..., Process]:
    """Subscribes by mosquitto's own program, and awaits what comes of it."""

    def subscribed(name: str, topic: str, port: int, answer: str = "^Subscribed.*: 1") -> Process:
        command = ("mosquitto_sub", *secured.of_mosquitto(name, port), "-V", "5", "-d", "-q", "1")
        reader = start("stdbuf", "-oL", *command, "-t", topic)
        reader.wait_for(answer)
        return reader

    return subscribed


def test_devices_write_on_topics_of_their_own_and_read_what_is_shared_with_them(
    secured: AccessBroker, subscribe: Callable[..., Process]
) -> None:
    reader = subscribe("cellar", "quotes/roof/#", 8884)
    for n, port in enumerate((8883, 8884), start=1):
        assert publish(secured, "roof", "quotes/roof", port) == ""
        reader.wait_for('"ROOF"', count=n)
        assert "Not authorized" in publish(secured, "roof", "quotes/cellar", port)
        assert "Not authorized" in publish(secured, "roof", "$CONTROL/dynamic-security/v1", port)
    subscribe("roof", "quotes/cellar", 8883, "denied")
    subscribe("cellar", "quotes/#", 8883, "denied")


def test_a_client_of_one_connection_takes_the_session_of_nobody_else(secured: AccessBroker) -> None:
    """A client of one connection has its name as its client id, whatever it asks for."""
    session = ("-i", "tickwire-bridge-random")
    for port in (8883, 8884):
        assert publish(secured, "roof", "quotes/roof", port, *session) == ""
    assert "Not authorized" in publish(secured, "roof", "quotes/roof", 8885, *session)
    assert publish(secured, "bridge", "orders/random", 8885, *session) == ""
    secured.process.wait_for(r"as tickwire-bridge-random \(.* u'bridge'\)")
    assert secured.process.output.count("as tickwire-bridge-random (") == 1


def test_what_a_client_had_before_it_was_renewed_is_refused(
    secured: AccessBroker, tmp_path: Path
) -> None:
    folder = secured.file("ticks", "password").parent
    former = shutil.copytree(folder, tmp_path / "former")
    administrator = secured.password("admin")
    said = "".join(secured.run("rotate", name) for name in ("ticks", "broker", "admin"))
    assert secured.password("admin") != administrator
    secured.read_certificates()
    renewed = shutil.copytree(folder, tmp_path / "renewed")
    shutil.copytree(former, folder, dirs_exist_ok=True)
    eventually(lambda: "lost" in publish(secured, "ticks", "quotes", 8884), "the refusal")
    assert "Not authorized" in publish(secured, "ticks", "quotes", 8883)
    shutil.copytree(renewed, folder, dirs_exist_ok=True)
    for port in (8883, 8884):
        assert publish(secured, "ticks", "quotes", port) == ""
    secrets = (secured.password("ticks"), secured.password("admin"), "PRIVATE")
    state = (secured.access / "broker" / "dynamic-security.json").read_text()
    assert not [secret for secret in secrets if secret in said + state + secured.process.output]


def test_a_revoked_client_is_disconnected_and_then_its_certificate_is_refused(
    secured: AccessBroker, subscribe: Callable[..., Process], tmp_path: Path
) -> None:
    folder = secured.file("bob", "password").parent
    kept = shutil.copytree(folder, tmp_path / "kept")
    reader = subscribe("bob", "orders/+", 8884)
    assert "its connections have ended" in secured.run("revoke", "bob")
    reader.wait_for("DISCONNECT")
    assert not folder.exists()
    shutil.copytree(kept, folder)  # as a thief has it
    assert "Not authorized" in publish(secured, "bob", "queries/x", 8883)
    assert "Not authorized" in publish(secured, "bob", "queries/x", 8884)
    ended = stay_connected(secured, "bob")
    secured.read_certificates()
    eventually(lambda: "lost" in publish(secured, "bob", "queries/x", 8884), "the refusal")
    secured.process.wait_for("certificate verify failed")
    assert publish(secured, "roof", "quotes/roof", 8884) == ""
    assert not ended.is_set()
    shutil.rmtree(folder)
    secured.grant("bob", "viewer")
    assert ended.wait(PATIENCE), "a connection of before has the rights of the new client"


def test_a_bridge_at_a_port_of_one_connection_is_told_of_the_other_port(
    secured: AccessBroker, start: Callable[..., Process]
) -> None:
    address = f"tcp://127.0.0.1:{free_port()}"
    service = start("algo-service", "serve", "--algo", "random", "--addr", address)
    service.wait_for("^serving on ")
    bridge = start("bridge-node", "--rpc", address, *secured.options("bridge", 8883))
    bridge.wait_for(r"soon after they were made \(it gives no reason, .* connects at port 8885\)")


def test_what_was_granted_outlives_the_broker(secured: AccessBroker) -> None:
    secured.process.stop()
    secured.start()
    assert publish(secured, "roof", "quotes/roof", 8884) == ""
    assert "Not authorized" in publish(secured, "roof", "quotes/cellar", 8884)
    listed = secured.run("list")
    assert re.search(r"^cellar  +device --reads roof  +\d{4}-\d\d-\d\d$", listed, re.MULTILINE)
    assert re.search(r"^ticks  +feed --channel quotes --channel trades/#  ", listed, re.MULTILINE)


def test_a_mistake_is_one_sentence(secured: AccessBroker) -> None:
    cases = [
        (("grant", "roof", "devise"), 'there is no role "devise": did you mean "device"?'),
        (("revoke", "rof"), 'there is no client "rof": did you mean "roof"?'),
    ]
    for words, sentence in cases:
        assert secured.run(*words, status=2) == f"bridge-node: {sentence}\n"

"""`bridge-node access` at a running broker: granted, used, revoked, renewed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.brokers import MOSQUITTO
from tests.support.processes import Process, eventually
from tests.support.secured import AccessBroker

QUOTE = '{"sid": "ROOF", "quote": 21.5}'


@pytest.fixture
def secured(start: Callable[..., Process], tmp_path: Path) -> AccessBroker:
    """A broker with the shipped secure configuration."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed: `apt-get install mosquitto` to run this test")
    return AccessBroker(tmp_path, start)


def publish(broker: AccessBroker, name: str, topic: str, port: int, *more: object) -> str:
    """Publish by mosquitto's own program; return what it complains of."""
    command = ["mosquitto_pub", *broker.of_mosquitto(name, port), *map(str, more)]
    command += ["-V", "5", "-q", "1", "-t", topic, "-m", QUOTE]
    ended = subprocess.run(command, text=True, capture_output=True, check=False)
    return ended.stdout + ended.stderr


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
    secured.grant("roof", "device")
    secured.grant("cellar", "device", "--reads", "roof")
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
    secured.grant("roof", "device")
    secured.grant("bridge", "bridge")
    session = ("-i", "tickwire-bridge-random")
    for port in (8883, 8884):
        assert publish(secured, "roof", "quotes/roof", port, *session) == ""
    assert "Not authorized" in publish(secured, "roof", "quotes/roof", 8885, *session)
    assert publish(secured, "bridge", "orders/random", 8885, *session) == ""
    line = r"New client connected from \S+ as tickwire-bridge-random .*u'(\w+)'"
    secured.process.wait_for(line)
    assert "as tickwire-bridge-random (p5, c1, k60, u'roof'" not in secured.process.output


def test_a_revoked_client_is_disconnected_and_then_its_certificate_is_refused(
    secured: AccessBroker, subscribe: Callable[..., Process], tmp_path: Path
) -> None:
    secured.grant("bob", "viewer")
    secured.grant("ticks", "feed")
    folder = secured.file("bob", "password").parent
    kept = shutil.copytree(folder, tmp_path / "kept")
    reader = subscribe("bob", "orders/+", 8884)
    assert "its connections have ended" in secured.run("revoke", "bob")
    reader.wait_for("DISCONNECT")
    assert not folder.exists()
    shutil.copytree(kept, folder)  # as a thief has it
    assert "Not authorized" in publish(secured, "bob", "queries/x", 8883)
    assert "Not authorized" in publish(secured, "bob", "queries/x", 8884)
    subscribe("bob", "orders/+", 8884, "denied")
    secured.read_certificates()
    eventually(lambda: "lost" in publish(secured, "bob", "queries/x", 8884), "the refusal")
    secured.process.wait_for("certificate verify failed")
    assert publish(secured, "ticks", "quotes", 8884) == ""


def test_what_a_client_had_before_it_was_renewed_is_refused(
    secured: AccessBroker, tmp_path: Path
) -> None:
    secured.grant("ticks", "feed")
    folder = secured.file("ticks", "password").parent
    former = shutil.copytree(folder, tmp_path / "former")
    secured.run("rotate", "ticks")
    secured.run("rotate", "broker")
    secured.read_certificates()
    renewed = shutil.copytree(folder, tmp_path / "renewed")
    shutil.copytree(former, folder, dirs_exist_ok=True)
    eventually(lambda: "lost" in publish(secured, "ticks", "quotes", 8884), "the refusal")
    assert "Not authorized" in publish(secured, "ticks", "quotes", 8883)
    shutil.copytree(renewed, folder, dirs_exist_ok=True)
    for port in (8883, 8884):
        assert publish(secured, "ticks", "quotes", port) == ""


def test_a_role_is_taken_from_a_client_that_keeps_another(
    secured: AccessBroker, subscribe: Callable[..., Process]
) -> None:
    """A client keeps its other roles, and what it was granted outlives the broker."""
    secured.grant("bridge", "bridge")
    secured.grant("bridge", "operator")
    assert publish(secured, "bridge", "commands/x", 8885) == ""
    assert secured.run("revoke", "bridge", "operator") == "bridge has the role bridge\n"
    secured.process.stop()
    secured.start()
    assert "Not authorized" in publish(secured, "bridge", "commands/x", 8885)
    assert publish(secured, "bridge", "orders/x", 8885) == ""
    listed = secured.run("list")
    assert [line.split()[:2] for line in listed.splitlines()][-1] == ["bridge", "bridge"]


def test_a_mistake_is_one_sentence_and_changes_nothing(secured: AccessBroker) -> None:
    secured.grant("roof", "device")
    before = secured.run("list")
    other = secured.file("cellar", "password").parent
    cases = [
        (("grant", "roof", "devise"), 'there is no role "devise": did you mean "device"?'),
        (("grant", "cellar", "device", "--reads", "rof"), 'no device "rof": did you mean "roof"?'),
        (("grant", "admin", "viewer"), "the name admin is taken"),
        (("grant", "cellar", "feed", "--channel", "orders/x"), "would receive orders/"),
        (("grant", "cellar", "feed", "--algo", "x"), "takes no --algo: it takes --channel and"),
        (("revoke", "rof"), 'there is no client "rof": did you mean "roof"?'),
        (("revoke", "roof", "viewer"), "roof does not have the role viewer: it has device"),
        (("revoke", "admin"), "admin cannot be revoked"),
        (("rotate", "rof"), 'there is no client "rof": did you mean "roof"?'),
    ]
    for words, sentence in cases:
        said = secured.run(*words, status=2)
        assert sentence in said
        assert said.startswith("bridge-node: ")
        assert said.count("\n") == 1
    assert secured.run("list") == before
    assert not other.exists()
    secured.access.chmod(0o755)
    said = secured.run("list", status=2)
    assert f"{secured.access} can be read by others (mode 0755): chmod 700" in said
    secured.access.chmod(0o700)
    secured.process.stop()
    assert "is unavailable (" in secured.run("list", status=2)


def test_no_secret_is_shown(secured: AccessBroker) -> None:
    """No output of the command and no line of the broker has a password or a key."""
    secured.grant("roof", "device")
    first = secured.password("roof")
    said = secured.run("rotate", "roof") + secured.run("list") + secured.run("revoke", "roof")
    secrets = (first, secured.password("admin"), "PRIVATE")
    state = (secured.access / "broker" / "dynamic-security.json").read_text()
    for text in (said, secured.process.output, state):
        assert not [secret for secret in secrets if secret in text]

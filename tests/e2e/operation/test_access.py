"""A broker that is not open to everyone: passwords, which are never shown, TLS, WebSockets."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.bridge_cli import BridgeCli
from tests.support.brokers import MOSQUITTO, Broker
from tests.support.parts import Parts, readiness
from tests.support.processes import Process, eventually
from tests.support.replier import Replier
from tests.support.secured import Authority, Secured, openssl, password_file
from tests.support.watcher import Watcher

Watch = Callable[..., Watcher]

USER = "größe@a/b%c d"
PASSWORD = "p:q@r/s#t?u%v:größe&=+ "

ECHO = """
class Echo:
    def initialize(self, params): return ['quotes']
    def event(self, data):
        return {'side': 'buy', 'sid': data['sid'], 'quantity': 1}
"""


def echo(parts: Parts) -> Process:
    return parts.service("--algo", f"{parts.file('echo.py', ECHO)}:Echo")


def carries(watcher: Watcher, count: int = 1) -> None:
    """Quotes go in and their orders come out, all of them in order."""
    for n in range(count):
        payload = f'{{"sid": "GOOG", "quote": 1, "id": "{n}"}}'
        watcher.client.publish("quotes", payload, qos=1)
    orders = watcher.wait("orders/Echo", count)
    assert [int(order["quote_id"]) for order in orders] == list(range(count))


@pytest.fixture
def secured(start: Callable[..., Process], tmp_path: Path) -> Secured:
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed: `apt-get install mosquitto` to run this test")
    return Secured(tmp_path, start)


@pytest.fixture
def locked(secured: Secured, tmp_path: Path) -> Secured:
    """A mosquitto that lets one user in, at `.locked`."""
    passwords = password_file(tmp_path, USER, PASSWORD)
    secured.locked = secured.listen("allow_anonymous false", f"password_file {passwords}")
    secured.start()
    return secured


def bridge_to(
    parts: Parts,
    address: str,
    *options: object,
    backend: Process | str | None = None,
    **settings: Any,
) -> Process:
    """A bridge at an address of the broker, with a backend or with the Echo service."""

    class Address:
        url = address

    backend = backend or echo(parts)
    return parts.bridge(Address, backend, *options, **settings)  # type: ignore[arg-type]


def test_a_percent_encoded_user_and_password_reach_the_broker_decoded(
    locked: Secured, parts: Parts, watch: Watch
) -> None:
    """A percent encoded user and password reach the broker as they were meant."""
    login = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}"
    bridge = bridge_to(parts, f"mqtt://{login}@127.0.0.1:{locked.locked}")
    carries(watch(locked))
    assert bridge.stop() == 0
    assert PASSWORD not in bridge.output
    assert quote(PASSWORD, safe="") not in bridge.output


def test_user_and_password_file_come_from_options_or_environment(
    locked: Secured, parts: Parts, tmp_path: Path
) -> None:
    """Only the first line of the file is the password, however it ends."""
    secret = tmp_path / "secret"
    address = f"mqtt://127.0.0.1:{locked.locked}"
    backend = echo(parts)
    for end in ("\r\n", "", "\nthe rest is no password\n"):
        secret.write_bytes((PASSWORD + end).encode())
        given = ("--username", USER, "--password-file", secret)
        assert bridge_to(parts, address, *given, backend=backend).stop() == 0
    secret.write_bytes(f"{PASSWORD}\n".encode())
    env = {"BRIDGE_USERNAME": USER, "BRIDGE_PASSWORD_FILE": str(secret), "BRIDGE_CA": ""}
    bridge_to(parts, address, backend=backend, env=env)


def test_a_refused_password_is_reported_without_the_password(locked: Secured, parts: Parts) -> None:
    """A broker that refuses the password is said to without the password."""
    address = f"mqtt://sensor:hunter2%3A@127.0.0.1:{locked.locked}"
    bridge = bridge_to(parts, address, "--log-level", "debug", ready=False)
    bridge.wait_for("the password in --mqtt can be seen by everyone on this machine")
    shown = f"broker mqtt://sensor:***@127.0.0.1:{locked.locked}"
    line = bridge.wait_for("refuses the connection")
    assert f"{shown} refuses the connection (" in line
    assert 'special characters are percent-encoded: ":" is %3A' in line
    eventually(lambda: "backend" not in str(readiness(bridge)[1]), "the backend")
    status, (text,) = readiness(bridge)
    assert status == 503
    assert text.startswith(f"{shown}: ")
    assert "uthorized" in text
    assert bridge.stop() == 0
    assert bridge.output.count("refuses the connection") == 1
    assert "hunter2" not in bridge.output + text


@pytest.mark.parametrize(
    "options",
    [
        ["--mqtt", "mqtt://user:hunter2@x@host"],
        ["--mqtt", "mqtt://user:hunter2#x@host"],
        ["--mqtt", "mqtt://user:12#hunter2@host"],
        ["--mqtt", "mqtt://user:12/hunter2@host"],
        ["--mqtt", "mqtt://user:12?hunter2@host"],
        ["--mqtt", "ws://user:12/hunter2@host"],
        ["--mqtt", "mqtt://user:hunter2"],
        ["--mqtt", "mqtt://user:hunter2%@host"],
        ["--mqtt", "mqtt://user:hunter2@host:99999"],
        ["--mqtt", "mqtt://user:hunter2@[::1"],
        ["--mqtt", "mqtt://user:hunter2@ho^st"],
        ["--mqtt", "user:hunter2@host"],
        ["--mqtt", "tcp://user:hunter2@host"],
        ["--mqtt", "mqtt://:hunter2@host"],
        ["--mqtt", "mqtt://user:hunter2@host", "--ca", "ca.pem"],
        ["--mqtt", "mqtt://user:hunter2@host", "--username", "user"],
        ["--mqtt", "mqtt://user:hunter2@host", "--password-file", "secret"],
        ["mqtt://user:hunter2@host"],
        ["--mqt=mqtt://user:hunter2@host"],
        ["broker", "mqtt://user:hunter2@host"],
        ["--rpc", "tcp://user:hunter2@host"],
        ["swap", "random", "--to", "tcp://user:hunter2@host"],
    ],
)
def test_a_mistake_in_an_address_is_refused_without_its_password(
    bridge_cli: BridgeCli, options: list[str]
) -> None:
    bridge = bridge_cli(*options)
    assert bridge.status == 2
    assert "hunter2" not in bridge.output
    assert "    at " not in bridge.output
    if len(options) == 2 and options[0] == "--mqtt" and "://:" not in options[1]:
        assert "percent-encoded" in bridge.output
        assert "is %3A" in bridge.output


@pytest.mark.parametrize("outcome", ["done", "refused"])
def test_a_reply_that_others_have_written_controls_no_terminal(
    start: Callable[..., Process], embedded: Broker, outcome: str
) -> None:
    evil = "\x1b[2J\x9b1m\u202e\nall is well"
    order = {"order_id": "1", "sid": evil, "side": "buy", "quantity": 1}
    reply = {"outcome": outcome, "text": evil, "cancelled": [order]}
    with contextlib.closing(Replier(embedded.port, reply)):
        swap = ("bridge-node", "swap", "random", "--to", "tcp://127.0.0.1:1")
        asked = start(*swap, "--mqtt", embedded.url)
        asked.wait()
    assert r"\u001b[2J\u009b1m\u202e\nall is well" in asked.output
    assert all(line.isprintable() for line in asked.output.split("\n"))


@pytest.mark.parametrize("scheme", ["mqtts", "wss", "ws"])
def test_quotes_and_orders_pass_over_tls_and_websockets_by_the_thousand(
    secured: Secured, parts: Parts, watch: Watch, tmp_path: Path, scheme: str
) -> None:
    authority = Authority(tmp_path, "authority")
    cert, key = authority.sign("broker")
    settings = ["allow_anonymous true"]
    options: list[object] = []
    if scheme != "ws":
        settings += [f"cafile {authority.file}", f"certfile {cert}", f"keyfile {key}"]
        options = ["--ca", authority.file]
    if scheme != "mqtts":
        settings.append("protocol websockets")
    port = secured.listen(*settings)
    secured.start()
    address = f"{scheme}://localhost:{port}{'' if scheme == 'mqtts' else '/mqtt'}"
    bridge = bridge_to(parts, address, *options, "--log-level", "warn")
    watcher = watch(secured)
    carries(watcher, 2000)
    # mosquitto hands 4 KiB of a large message to a WebSocket every tenth of a second
    size = 900_000 if scheme == "mqtts" else 9_000
    watcher.publish({"sid": "GOOG", "quote": 1, "id": "large", "more": "x" * size})
    watcher.wait("orders/Echo", 2001)
    assert bridge.stop() == 0
    (only,) = bridge.output.split("\n")
    assert only.startswith("dashboard: ")


def test_a_broker_that_wants_a_certificate_takes_that_of_cert_and_key(
    secured: Secured, parts: Parts, watch: Watch, tmp_path: Path
) -> None:
    authority = Authority(tmp_path, "authority")
    cert, key = authority.sign("broker")
    files = [f"cafile {authority.file}", f"certfile {cert}", f"keyfile {key}"]
    port = secured.listen("require_certificate true", "use_identity_as_username true", *files)
    secured.start()
    cert, key = authority.sign("bridge")
    address = f"mqtts://127.0.0.1:{port}"
    bridge_to(parts, address, "--ca", authority.file, "--cert", cert, "--key", key)
    carries(watch(secured))
    without = parts.bridge(  # the same address, in the environment
        *(type("Address", (), {"url": address}), parts.address()),
        ready=False,
        env={"BRIDGE_CA": str(authority.file)},
    )
    without.wait_for("it requires a client certificate: --cert and --key")


def test_a_broker_of_another_authority_is_not_trusted_and_the_log_says_why(
    secured: Secured, parts: Parts, tmp_path: Path
) -> None:
    """A broker of another authority is not trusted and log and readiness say why."""
    authority, other = Authority(tmp_path, "authority"), Authority(tmp_path, "other")
    cert, key = authority.sign("broker")
    settings = ("allow_anonymous true", f"certfile {cert}", f"keyfile {key}")
    port, sockets = secured.listen(*settings), secured.listen(*settings, "protocol websockets")
    secured.start()
    unsafe = bridge_to(
        parts,
        f"wss://127.0.0.1:{sockets}",
        backend=parts.address(),
        ready=False,
        env={"NODE_TLS_REJECT_UNAUTHORIZED": "0"},  # verifies all the same
    )
    unsafe.wait_for(r"is unavailable \(no authority that we trust has signed its certificate")
    backend = echo(parts)
    for options in ([], ["--ca", other.file]):
        address = f"mqtts://127.0.0.1:{port}"
        bridge = bridge_to(parts, address, *options, backend=backend, ready=False)
        bridge.wait_for(r"is unavailable \(no authority that we trust has signed its certificate")
        eventually(lambda b=bridge: "backend" not in str(readiness(b)[1]), "the backend")
        status, (text,) = readiness(bridge)
        assert status == 503
        why = "no authority that we trust has signed its certificate; --ca FILE names the authority"
        assert f"broker {address}: {why}" in text
        assert bridge.stop() == 0
    address = f"mqtts://127.0.0.1:{secured.port}"
    plain = bridge_to(parts, address, "--ca", other.file, backend=parts.address(), ready=False)
    plain.wait_for("it ended the connection early; perhaps it does not speak TLS at this port")


def test_files_that_cannot_be_used_are_one_sentence_each(
    bridge_cli: BridgeCli, tmp_path: Path
) -> None:
    authority = Authority(tmp_path, "authority")
    cert, key = authority.sign("mine")
    _, foreign = authority.sign("foreign")
    (tmp_path / "text").write_text("no PEM\n")
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "broken").write_text(
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    )
    openssl(
        tmp_path, "pkey", "-in", key.name, "-aes256", "-passout", "pass:x", "-out", "locked.key"
    )
    cases = [
        (["--ca", "text"], "--ca text holds no certificate in PEM"),
        (["--ca", "broken"], "--ca broken holds a certificate that cannot be read: "),
        (["--ca", "."], "--ca . cannot be read: EISDIR"),
        (["--ca", "none.pem"], "--ca none.pem cannot be read: ENOENT"),
        (
            ["--cert", cert],
            "--cert is given without --key: a certificate and its private key go together",
        ),
        (["--key", key], "--key is given without --cert"),
        (["--cert", cert, "--key", "text"], "--key text holds no private key in PEM"),
        (["--cert", key, "--key", cert], "mine.key holds no certificate in PEM"),
        (["--cert", cert, "--key", foreign], "foreign.key is not the private key of --cert"),
        (["--cert", cert, "--key", "locked.key"], "locked.key is encrypted with a passphrase"),
        (["--password-file", "empty", "--username", "u"], "its first line is empty"),
        (["--password-file", "empty"], "--password-file is given without a user name: --username"),
        (["--username", ""], "the user name has to be a text of 1 to 65535 bytes"),
    ]
    for options, sentence in cases:
        bridge = bridge_cli("--mqtt", "mqtts://127.0.0.1", *options, folder=tmp_path)
        assert bridge.status == 2, options
        assert sentence in bridge.output
        assert len(bridge.output.splitlines()) == 1
    plain = bridge_cli("--ca", authority.file)
    assert plain.status == 2
    assert "--ca is for TLS, but --mqtt mqtt://127.0.0.1:1883 is not" in plain.output
    assert "write mqtts://127.0.0.1:1883" in plain.output

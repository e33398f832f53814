"""Each role does what it is for and nothing else: every client on every topic, at a real broker."""

from __future__ import annotations

import json
import subprocess
import threading
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.reasoncodes import ReasonCode

from tests.e2e.security.connecting import connect, refusal
from tests.support.processes import PATIENCE, Process, eventually
from tests.support.secured import AccessBroker, Authority

CLIENTS = {
    "ticks": "feed",
    "bridge": "bridge",
    "mean": "service",
    "desk": "venue",
    "ann": "operator",
    "vera": "viewer",
    "roof": "device",
    "cellar": "device --reads roof",
    "bars": "deriver",
    "tape": "recorder",
    "mail": "notifier",
}
"""What each client of the tests is granted."""

SEVERAL = {"bridge", "ann", "bars"}
"""Those that may have several connections."""

PARTS = "ticks bridge mean desk bars tape mail"
SEES = "ann vera"
TOPICS = {
    # as the table of topics in contracts/README.md: who writes, and who reads
    "quotes": ("ticks", f"bridge bars tape {SEES}"),
    "quotes/GOOG": ("ticks", f"bridge bars tape {SEES}"),
    "quotes/roof": ("ticks roof", f"bridge bars tape roof cellar {SEES}"),
    "quotes/roof/inside": ("ticks roof", f"bridge bars tape roof cellar {SEES}"),
    "quotes/cellar": ("ticks cellar", f"bridge bars tape cellar {SEES}"),
    "data/weather": ("", f"bridge tape {SEES}"),
    "data/mean/signal": ("bridge", f"bridge tape {SEES}"),
    "indicators/sma-20/GOOG": ("bars", f"bridge tape {SEES}"),
    "bars/1m/GOOG": ("bars", f"bridge tape {SEES}"),
    "commands/mean": ("ann", "bridge"),
    "replies/mean": ("bridge", SEES),
    "replies/mean/page": ("bridge", SEES),
    "queries/mean": ("ann vera", "bridge"),
    "halts/mean": ("bridge", f"bridge mail {SEES}"),
    "orders/mean": ("bridge", f"desk mail {SEES}"),
    "fills/mean": ("bridge", f"mail {SEES}"),
    "executions/mean": ("desk", ""),
    "portfolios/mean": ("bridge ann", f"bridge mail {SEES}"),
    "errors/mean": ("bridge bars", f"mail {SEES}"),
    "errors/ticks": ("bridge bars ticks", f"mail {SEES}"),
    "algos/mean": ("mean ann", f"bridge mean mail {SEES}"),
    "algos/other": ("ann", f"bridge mail {SEES}"),
    "bridges/mean": ("bridge ann", f"bridge {SEES}"),
    "stats/part": (PARTS, SEES),
    # of the broker, and of nobody
    "$SYS/broker/publish/messages/dropped": ("", "bridge"),
    "$SYS/broker/version": ("", ""),
    "$CONTROL/dynamic-security/v1": ("", ""),
    "$CONTROL/dynamic-security/v1/response": ("", ""),
    "elsewhere": ("", ""),
}
FILTERS = {
    "#": "",
    "+": "",
    "+/+": "",
    "$SYS/#": "",
    "$CONTROL/#": "",
    "quotes/#": f"bridge bars tape {SEES}",
    "quotes/+/inside": f"bridge bars tape {SEES}",
    # a share of what others would get; no part of ours asks for one
    "$share/thieves/commands/mean": "",
    "$share/thieves/quotes/#": "",
}
"""Who may subscribe to these."""

TLS_ERROR = "OpenSSL Error|failed: error"
"""What mosquitto logs of a handshake that fails, sooner or later in it."""
DENIED = 0x87
# MQTT 5, 3.4.2.1: it was accepted, and nobody has subscribed to it
CONFIRMED = (0x00, 0x10)


class Answers(NamedTuple):
    """What one client was told, and what it received."""

    granted: dict[str, int]
    confirmed: dict[str, int]
    got: dict[str, list[str]]


@pytest.fixture(scope="module")
def secured(
    start_once: Callable[..., Process], tmp_path_factory: pytest.TempPathFactory
) -> AccessBroker:
    """A broker with the shipped secure configuration, and a client for each role."""
    broker = AccessBroker(tmp_path_factory.mktemp("roles"), start_once)
    broker.grant_all(*(f"{name} {role}" for name, role in CLIENTS.items()))
    return broker


def check(name: str, answers: Answers, denied: int | None = DENIED) -> None:
    """Compare what a client was told and received with the table.

    :param denied: how a refused publication is confirmed; None if it is confirmed as others.
    """
    for topic, (writers, readers) in TOPICS.items():
        may_write, may_read = name in writers.split(), name in readers.split()
        code = answers.confirmed[topic]
        assert (code in CONFIRMED) == (may_write or denied is None), (
            f"{name} writes {topic}: {code}"
        )
        assert (answers.granted[topic] <= 2) == may_read, f"{name} reads {topic}"
        if not topic.startswith("$"):
            expected = {f"{writer} on {topic}" for writer in writers.split() if may_read}
            # twice where two filters overlap
            assert {*answers.got.get(topic, [])} == expected, f"{name} has read {topic}"
    for topic_filter, readers in FILTERS.items():
        may_read = name in readers.split()
        assert (answers.granted[topic_filter] <= 2) == may_read, f"{name} reads {topic_filter}"


class Paho:
    """A client by paho, in MQTT 5, with its certificate where it has one connection."""

    def __init__(self, broker: AccessBroker, name: str):
        self.name = name
        self.answers = Answers({}, {}, defaultdict(list))
        self._settled = threading.Event()
        self._of: dict[int, tuple[dict[str, int], str]] = {}
        self._client = mqtt.Client(
            mqtt.CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5
        )
        port = 8885 if name in SEVERAL else 8884
        files = ["ca.crt"] if name in SEVERAL else ["ca.crt", "client.crt", "client.key"]
        self._client.tls_set(*(str(broker.file(name, file)) for file in files))
        if name in SEVERAL:
            self._client.username_pw_set(name, broker.password(name))
        self._client.on_subscribe = lambda _c, _d, mid, codes, _p: self._told(mid, codes[0])
        self._client.on_publish = lambda _c, _d, mid, code, _p: self._told(mid, code)
        self._client.on_message = self._received
        self._client.connect("127.0.0.1", broker.ports[port])
        self._client.loop_start()
        eventually(self._client.is_connected, f"the connection of {name}")

    def _told(self, mid: int, code: ReasonCode) -> None:
        eventually(lambda: mid in self._of, "the caller to know the id")
        codes, topic = self._of[mid]
        codes[topic] = code.value

    def _received(self, _client: mqtt.Client, _: Any, message: mqtt.MQTTMessage) -> None:
        if not message.retain:
            self.answers.got[message.topic].append(message.payload.decode())

    def ask(self, codes: dict[str, int], topic: str, payload: str | None = None) -> None:
        """Publish the payload, or subscribe if there is none."""
        if payload is None:
            _, mid = self._client.subscribe(topic, qos=1)
        else:
            mid = self._client.publish(topic, payload, qos=1).mid
        assert mid is not None
        self._of[mid] = codes, topic

    def close(self) -> None:
        """Disconnect."""
        self._client.disconnect()
        self._client.loop_stop()


def test_each_role_writes_and_reads_what_it_is_for_and_nothing_else(secured: AccessBroker) -> None:
    """The broker says so to each client in MQTT 5, and delivers nothing else."""
    clients = [Paho(secured, name) for name in CLIENTS]
    try:
        for client in clients:
            for topic in (*TOPICS, *FILTERS):
                client.ask(client.answers.granted, topic)
        count = len(TOPICS) + len(FILTERS)
        eventually(lambda: all(len(c.answers.granted) == count for c in clients), "every SUBACK")
        for client in clients:
            for topic in TOPICS:
                client.ask(client.answers.confirmed, topic, f"{client.name} on {topic}")
        eventually(lambda: all(len(c.answers.confirmed) == len(TOPICS) for c in clients), "PUBACKs")
        for client in clients:  # what comes to it has come before the answer
            client.ask(client.answers.granted, "the end")
        eventually(lambda: all("the end" in c.answers.granted for c in clients), "the end")
        for client in clients:
            check(client.name, client.answers)
    finally:
        for client in clients:
            client.close()


@pytest.mark.parametrize("version", [4, 5])
def test_the_roles_hold_for_a_client_in_another_language(
    secured: AccessBroker, version: int
) -> None:
    """MQTT.js, with passwords: 3.1.1 tells nothing of a refused publication, which is dropped."""
    clients = [
        {
            "name": name,
            "password": secured.password(name),
            "port": secured.ports[8885 if name in SEVERAL else 8883],
        }
        for name in CLIENTS
    ]
    given = {
        "ca": str(secured.file("admin", "ca.crt")),
        "version": version,
        "clients": clients,
        "topics": [*TOPICS],
        "filters": [*TOPICS, *FILTERS],
    }
    script = Path(__file__).parent / "wire.mjs"
    ended = subprocess.run(
        ["node", script, json.dumps(given)], text=True, capture_output=True, timeout=PATIENCE
    )
    assert ended.returncode == 0, ended.stderr
    for name, answers in json.loads(ended.stdout).items():
        check(name, Answers(**answers), DENIED if version == 5 else None)


def test_who_has_no_part_in_it_is_refused_at_each_port_with_a_line_in_the_log(
    secured: AccessBroker, tmp_path: Path
) -> None:
    """No password, no certificate, a wrong, foreign or expired one, and plain text."""
    broker, ca = secured.process, str(secured.file("admin", "ca.crt"))
    for port in (8883, 8885):
        host = secured.url(port).removeprefix("mqtts://")
        for login in ("", "vera:guess@", "nobody:guess@", "vera@"):
            said = refusal(broker, "not authorised", f"mqtts://{login}{host}", ca=ca)
            assert said.endswith("refused the connection: Not authorized"), login
    certified = secured.url(8884)
    late = Authority(secured.access / "authority", "ca").sign("vera", days=-1)
    foreign = Authority(tmp_path, "other").sign("vera")
    for shown, reason in (
        (None, "it requires a client certificate"),
        (late, "it does not accept our certificate, which has expired"),
        (foreign, "it does not accept our certificate, which no authority that it trusts"),
    ):
        files = {"cert": str(shown[0]), "key": str(shown[1])} if shown else {}
        assert reason in refusal(broker, TLS_ERROR, certified, ca=ca, **files)
    for port in secured.ports:
        plain = secured.url(port).replace("mqtts:", "mqtt:")
        assert "perhaps it speaks TLS" in refusal(broker, "wrong version number", plain)
    assert "no authority that we trust" in connect(certified)

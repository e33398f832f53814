"""`algo-service algos --mqtt`: what real brokers retain, as a table and as JSON."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from algo_service.discovery import directory
from algo_service.discovery.directory import Directory
from algo_service.errors import OperatorError
from market_data import BrokerAccess, Stop
from tests.algo_service.conftest import Service
from tests.algo_service.discovery.conftest import EXAMPLE, retain
from tests.algo_service.watch.wire import snapshot
from tests.support.brokers import Broker
from tests.support.claimant import CLAIM, Claimant
from tests.support.processes import BIN, eventually, free_port

Claim = Callable[..., Claimant]


def run(*words: object, **settings: Any) -> subprocess.CompletedProcess[str]:
    command = [str(word) for word in (BIN / "algo-service", "algos", *words)]
    return subprocess.run(command, text=True, capture_output=True, **settings)


def cells(text: str) -> list[list[str]]:
    return [re.split(r" {2,}", line) for line in text.splitlines()]


def names(text: str) -> list[str]:
    return [row[0] for row in cells(text)]


def expect(expected: object, read: Callable[[str], object], *words: object) -> None:
    """List until it shows this: on a busy machine a message may come after it has looked."""
    shown: object = None

    def is_shown() -> bool:
        nonlocal shown
        listed = run(*words)
        assert listed.returncode == 0, listed.stderr
        shown = read(listed.stdout)
        return shown == expected

    with contextlib.suppress(AssertionError):
        eventually(is_shown, "the list")
    assert shown == expected


def test_each_algorithm_has_a_line_with_what_is_known_of_it(broker: Broker, claim: Claim) -> None:
    retain(broker, "algos/random", EXAMPLE)
    claim(broker.port, "random")
    last = {"sid": "GOOG", "price": 345.0, "ts": None}
    retain(broker, "portfolios/random", {**snapshot(7, 50_123.4), "last": last})
    retain(broker, "algos/my%20algo", {**EXAMPLE, "name": "my algo", "state": "offline"})
    retain(broker, "bridges/killed", CLAIM)
    address = EXAMPLE["address"]
    rows = [
        ["name", "state", "address", "served by", "equity", "last quote"],
        ["killed", "-", "-", "trader, process 4711, no answer", "-", "-"],
        ["my algo", "offline", address, "-", "-", "-"],
        ["random", "online", address, "trader, process 4711", "50,123.40", "GOOG 345.00"],
    ]
    expect(rows, cells, "--mqtt", broker.url)


def test_as_json_it_has_the_whole_record(mosquitto: Broker, claim: Claim) -> None:
    retain(mosquitto, "algos/random", EXAMPLE)
    retain(mosquitto, "portfolios/another", snapshot(1, 1000.0))
    claim(mosquitto.port, "random")
    another = {
        "name": "another",
        "state": None,
        "address": None,
        "served_by": None,
        "equity": 1000.0,
        "last": None,
    }
    served = {"host": "trader", "pid": 4711, "answers": True}
    random = {**EXAMPLE, "served_by": served, "equity": None, "last": None}
    expect([another, random], json.loads, "--mqtt", mosquitto.url, "--json")


def test_a_real_service_is_listed(mosquitto: Broker, serve: Callable[..., Service]) -> None:
    service = serve("--announce", mosquitto.url)
    row = ["random", "online", service.address, "-", "-", "-"]
    expect([row], lambda text: cells(text)[1:], "--mqtt", mosquitto.url)


def test_what_is_broken_is_reported_and_the_others_are_listed(mosquitto: Broker) -> None:
    retain(mosquitto, "algos/random", EXAMPLE)
    retain(mosquitto, "algos/file", {**EXAMPLE, "name": "file", "address": "file:///etc/passwd"})
    retain(mosquitto, "algos/other", EXAMPLE)
    retain(mosquitto, "algos/bytes", b"\xff")
    retain(mosquitto, "algos/deep", b"[" * 60_000)
    retain(mosquitto, "bridges/broken", {"host": 7})
    retain(mosquitto, "portfolios/broken", b"[]")
    expect(["name", "random"], names, "--mqtt", mosquitto.url)
    listed = run("--mqtt", mosquitto.url)
    reported = sorted(listed.stderr.splitlines())
    assert [line.partition(": ")[0] for line in reported] == [
        f"ignored what is announced on algos/{name}" for name in ("bytes", "deep", "file", "other")
    ]
    assert reported[2].endswith(
        '"address" is "file:///etc/passwd": expected an address that others can reach, such as'
        " tcp://algo:4242"
    )


def test_fifty_algorithms_are_listed(mosquitto: Broker) -> None:
    for n in range(50):
        retain(mosquitto, f"algos/a{n:02}", {**EXAMPLE, "name": f"a{n:02}"})
    rows = ["name", *(f"a{n:02}" for n in range(50))]
    expect(rows, names, "--mqtt", mosquitto.url)


def test_a_broker_without_algorithms_is_no_failure(mosquitto: Broker) -> None:
    listed = run("--mqtt", mosquitto.url)
    assert listed.returncode == 0
    assert listed.stdout == ""
    assert listed.stderr == f"no algorithm is announced at the broker at {mosquitto.url}\n"
    assert json.loads(run("--mqtt", mosquitto.url, "--json").stdout) == []


def test_topics_below_a_prefix_are_listed_with_that_prefix(mosquitto: Broker) -> None:
    retain(mosquitto, "site1/algos/random", EXAMPLE)
    expect(["name", "random"], names, "--mqtt", mosquitto.url, "--prefix", "site1")
    assert "random" not in run("--mqtt", mosquitto.url).stdout


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["forgot", "random"], 'did you mean "forget"?'),
        (["forget"], "forget takes the name of one algorithm"),
        (["forget", "random"], "forget needs --mqtt"),
        (["forget", "random", "--mqtt", "mqtt://b", "--json"], "--json is for the list"),
        (["--json"], "--json needs --mqtt"),
        (["--ca", "x"], "--ca needs --mqtt"),
        (["--mqtt", "localhost"], "the URL has no scheme"),
    ],
)
def test_a_mistake_is_a_sentence_with_status_2(words: list[str], sentence: str) -> None:
    ended = run(*words)
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_broker_that_is_unavailable_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "PATIENCE", 0.0)
    access = BrokerAccess.parse(f"mqtt://127.0.0.1:{free_port()}")
    with pytest.raises(OperatorError, match=r"is unavailable \(Connection refused\)$"):
        Directory(access, Stop()).read()

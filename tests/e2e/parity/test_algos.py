"""`algo-service algos` and `bridge-node algos` print the same of the same broker."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from paho.mqtt.publish import single

from tests.support.bridge_cli import BridgeCli
from tests.support.brokers import Broker
from tests.support.claimant import CLAIM, Claimant
from tests.support.processes import BIN, ROOT

EXAMPLES = json.loads((ROOT / "contracts" / "examples" / "algo.json").read_text())
RECORD: dict[str, Any] = EXAMPLES["valid"][0]["message"]
PORTFOLIO = {"seq": 7, "quote_id": None, "positions": {}}
EQUITIES = [50_123.4, 0.00001234, 0.5, 0.0, -3.216, 1e15, 1_234_567.891, None]
PRICES = [345.0, 0.00000801, 1.4e-10, 8e-9, 123_456.789, 99_999_999.9, 3, 1e15]


def run(name: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([BIN / name, "algos", *words], text=True, capture_output=True)


def test_both_commands_list_the_same(broker: Broker, claim: Callable[..., Claimant]) -> None:
    def retain(topic: str, message: Any) -> None:
        payload = message if isinstance(message, bytes) else json.dumps(message)
        single(topic, payload, qos=1, retain=True, hostname="127.0.0.1", port=broker.port)

    for n, (equity, price) in enumerate(zip(EQUITIES, PRICES, strict=True)):
        retain(f"algos/a{n}", {**RECORD, "name": f"a{n}", "x": "not known"})
        last = {"sid": "GOOG", "price": price, "ts": None}
        retain(f"portfolios/a{n}", {**PORTFOLIO, "equity": equity, "last": last})
    retain("algos/my%20algo", {**RECORD, "name": "my algo", "state": "offline", "channels": None})
    retain("algos/%C3%BC", {**RECORD, "name": "ü"})  # a level that stands for no name
    retain("algos/other", RECORD)
    retain("algos/file", {**RECORD, "name": "file", "address": "file:///etc/passwd"})
    retain("portfolios/alone", {**PORTFOLIO, "equity": 1.0})
    retain("portfolios/broken", b"[]")
    retain("bridges/killed", CLAIM)
    claim(broker.port, "a0")

    for options in ([], ["--json"]):
        python = run("algo-service", "--mqtt", broker.url, *options)
        node = run("bridge-node", "--mqtt", broker.url, *options)
        assert (python.returncode, node.returncode) == (0, 0), python.stderr + node.stderr
        if options:
            for ours, theirs in zip(
                json.loads(node.stdout), json.loads(python.stdout), strict=True
            ):
                assert ours == theirs
        else:
            assert node.stdout == python.stdout
        assert sorted(node.stderr.splitlines()) == sorted(python.stderr.splitlines())


def test_a_broker_without_algorithms_is_no_failure(embedded: Broker) -> None:
    listed = run("bridge-node", "--mqtt", embedded.url)
    assert (listed.returncode, listed.stdout) == (0, "")
    assert listed.stderr == f"no algorithm is announced at the broker at {embedded.url}\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["forgot", "random"], 'there is no command "forgot": did you mean "forget"?'),
        (["forget"], "missing required argument 'name'"),
        (["forget", "random", "--jsonn"], "unknown option '--jsonn'"),
        (["--mqtt", "localhost"], "--mqtt"),
    ],
)
def test_a_mistake_is_a_sentence_with_status_2(
    bridge_cli: BridgeCli, words: list[str], sentence: str
) -> None:
    ended = bridge_cli("algos", *words)
    assert ended.status == 2
    assert sentence in ended.output
    assert "    at " not in ended.output

"""One bad message stops nothing: it goes to errors/<algo>, and the next quote is processed."""

from __future__ import annotations

import base64
import hashlib
import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.bridge_cli import BridgeCli
from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import ROOT
from tests.support.watcher import Watcher

Watch = Callable[..., Watcher]

EXAMPLES = json.loads((ROOT / "contracts" / "examples" / "quote.json").read_text())["invalid"]
NOISE = random.Random(7).randbytes(1_000_000)
BAD: list[tuple[bytes, str, str]] = [
    *(
        (
            e["payload"].encode() if "payload" in e else base64.b64decode(e["payload_base64"]),
            e["code"],
            e["reason"],
        )
        for e in EXAMPLES
    ),
    (NOISE, "not_utf8", "not UTF-8"),
    (b"[" * 100_000 + b"]" * 100_000, "too_deep", "element 1 is […: nested too deep"),
    (
        b'{"sid":"GOOG","quote":1,"x":' + b"[" * 1000 + b"]" * 1000 + b"}",
        "too_deep",
        "nested too deep",
    ),
    (
        b'{"sid":"GOOG","quote":1,"x":[0' + b",0" * 100_000 + b"]}",
        "too_many_values",
        "the message has 100005 texts, numbers and other values, at most 100000",
    ),
    (b'{"sid":' + b"[" * 100_000 + b"]" * 100_000 + b',"quote":1}', "too_deep", '"sid" is ['),
]


def test_every_bad_message_is_reported_and_every_good_one_decided(
    broker: Broker, parts: Parts, watch: Watch
) -> None:
    """Every kind of bad message is reported and every good one between decided."""
    parts.bridge(broker, parts.service("--param", "threshold=0"), "--log-level", "error")
    watcher = watch(broker)
    for n, (payload, _code, _reason) in enumerate(BAD):
        watcher.publish(payload)
        watcher.publish({"sid": f"S{n}", "quote": 1, "id": str(n)})
    errors = watcher.wait("errors/random", len(BAD))
    for (payload, code, reason), error in zip(BAD, errors, strict=True):
        assert error["code"] == code
        assert reason in error["reason"]
        assert error["topic"] == "quotes"
        assert error["length"] == len(payload)
        assert error["sha256"] == hashlib.sha256(payload).hexdigest()
        assert base64.b64decode(error["payload_base64"]) == payload[:65536]
    watcher.wait_until(
        lambda: watcher.last("portfolios/random").get("quote_id") == str(len(BAD) - 1),
        "portfolios/random",
    )


def test_an_instrument_may_have_a_name_that_means_something_in_a_language(
    mosquitto: Broker, parts: Parts, watch: Watch
) -> None:
    """The snapshot, in which it is the name of a position, is read by the bridge and published."""
    names = ["__proto__", "constructor", "toString", "None"]
    options = ("--algo", "buy_and_hold", "--param", "cash=8000")
    service = parts.service(*options)
    bridge = parts.bridge(mosquitto, service)
    watcher = watch(mosquitto)
    for n, name in enumerate(names):
        watcher.publish({"sid": name, "quote": 5, "id": str(n), "__proto__": {"x": n}})
    topic = "portfolios/buy_and_hold"
    watcher.wait_until(lambda: watcher.last(topic).get("quote_id") == "3", topic)
    assert "__proto__" in watcher.last(topic)["positions"]
    assert watcher.of("errors/buy_and_hold") == []
    assert bridge.popen.poll() is None


FAILS = """
from portfolio import Portfolio

class Fails:
    def initialize(self, params):
        self.portfolio = Portfolio(params['cash'])
        return ['quotes']

    def event(self, data):
        self.portfolio.buy(data, 100)
        if data.get('fail'):
            raise ValueError('told to at ' + data['id'])
"""


def test_an_algorithm_that_raises_leaves_the_portfolio_as_it_was(
    broker: Broker, parts: Parts, watch: Watch
) -> None:
    """An algorithm that raises leaves the portfolio as it was and goes on."""
    parts.bridge(broker, parts.service("--algo", f"{parts.file('fails.py', FAILS)}:Fails"))
    watcher = watch(broker)
    for n in range(10):
        watcher.publish({"sid": "GOOG", "quote": 50, "id": str(n), "fail": n % 2 == 1})
    orders = watcher.wait("orders/Fails", 5)
    assert [order["quote_id"] for order in orders] == ["0", "2", "4", "6", "8"]
    errors = watcher.wait("errors/Fails", 5)
    assert [error["reason"] for error in errors] == [
        f"ValueError: told to at {n}" for n in (1, 3, 5, 7, 9)
    ]
    assert {error["code"] for error in errors} == {"algorithm"}
    assert "in event\n    raise ValueError" in errors[0]["traceback"]
    (payload,) = {base64.b64decode(error["payload_base64"])[:15] for error in errors}
    assert payload == b'{"sid": "GOOG",'
    watcher.wait_until(
        lambda: watcher.last("portfolios/Fails").get("cash") == 49500.0, "portfolios/Fails"
    )


def test_an_error_record_that_the_broker_will_not_take_holds_nothing_up(
    parts: Parts, watch: Watch, mosquitto: Broker
) -> None:
    # The broker ends a connection whose packet is above max_packet_size: so small that the
    # record of a bad message, but no quote and no order, exceeds it.
    mosquitto.process.kill()
    mosquitto.configure("max_packet_size 2097152", "max_packet_size 4000")
    mosquitto.start()
    bridge = parts.bridge(mosquitto, parts.service("--param", "threshold=0"))
    watcher = watch(mosquitto)
    watcher.publish(b"x" * 3900)
    bridge.wait_for("not published")
    watcher.publish({"sid": "GOOG", "quote": 1, "id": "good"})
    orders: list[Any] = watcher.wait("orders/random")
    assert [order["quote_id"] for order in orders] == ["good"]


@pytest.mark.parametrize(
    ("channels", "sentence"),
    [
        ("['#']", 'channel "#" of initialize would receive orders/…'),
        ("'quotes'", "initialize returned 'quotes'"),
    ],
)
def test_channels_that_cannot_be_are_refused_at_initialize_with_a_sentence(
    mosquitto: Broker, parts: Parts, channels: str, sentence: str
) -> None:
    code = f"""
class Wrong:
    def initialize(self, params): return {channels}
    def event(self, data): pass
"""
    service = parts.service("--algo", f"{parts.file('wrong.py', code)}:Wrong")
    bridge = parts.bridge(mosquitto, service, ready=False)
    assert bridge.wait() == 2
    assert sentence in bridge.output
    assert "    at " not in bridge.output


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--rcp", "x"], "unknown option '--rcp'\n(Did you mean --rpc?)"),
        (["brokr"], 'there is no command "brokr": did you mean "broker"?'),
        (["--params", "{"], "It is not JSON"),
        (["--params", "[1]"], "It has to be a map"),
        (["--count", "0"], "It has to be a whole number above 0"),
        (["--http", "99999"], "A port is a whole number from 1 to 65535"),
        (["--log-level", "loud"], "Allowed choices are debug, info"),
        (["--mqtt", "localhost"], "a broker's address is written mqtt://127.0.0.1:1883"),
        (["--rpc", "localhost:4242"], "a backend's address is written tcp://127.0.0.1:4242"),
        (["--name", "a/b"], "would break topics and ids"),
        (["--fields", "sdi=s"], 'did you mean "sid"?'),
        (["--symbols", "goog,,aapl"], "It has to be names of instruments, such as goog,aapl"),
        (["broker", "--prot", "1"], "(Did you mean --port?)"),
    ],
)
def test_a_users_mistake_is_a_sentence_with_status_2_and_no_traceback(
    bridge_cli: BridgeCli, options: list[str], sentence: str
) -> None:
    bridge = bridge_cli(*options)
    assert bridge.status == 2
    assert sentence in bridge.output
    assert "    at " not in bridge.output


def test_parameters_that_the_algorithm_refuses_end_the_bridge(
    mosquitto: Broker, parts: Parts
) -> None:
    """Parameters that the algorithm refuses end the bridge with its sentence."""
    service = parts.service()
    bridge = parts.bridge(mosquitto, service, "--params", '{"treshold": 1}', ready=False)
    assert bridge.wait() == 2
    assert 'unknown parameter "treshold": did you mean "threshold"?' in bridge.output


def test_a_service_that_is_no_algorithm_is_refused_with_what_it_has(
    mosquitto: Broker, parts: Parts
) -> None:
    server = parts.server(
        "import sys, zerorpc\n"
        "class Wrong:\n"
        "    def initialise(self, params): return ['quotes']\n"
        "    def event(self, data): pass\n"
        "server = zerorpc.Server(Wrong())\n"
        "server.bind(sys.argv[1])\n"
        "server.run()\n"
    )
    bridge = parts.bridge(mosquitto, server, ready=False)
    assert bridge.wait() == 2
    assert 'has no method "initialize"' in bridge.output
    assert 'did you mean "initialise"?' in bridge.output


def test_ports_in_use_are_one_sentence(
    embedded: Broker, parts: Parts, start: Callable[..., Any]
) -> None:
    second = start("bridge-node", "broker", "--port", embedded.port)
    assert second.wait() == 2
    assert f"cannot listen on 127.0.0.1:{embedded.port}: listen EADDRINUSE" in second.output
    bridge = parts.bridge(embedded, parts.address(), "--http", embedded.port, ready=False)
    assert bridge.wait() == 2
    assert f"--http {embedded.port}: cannot listen" in bridge.output

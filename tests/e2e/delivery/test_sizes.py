"""Each bound of the contract on what comes from outside: what is just within it, and beyond."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import msgpack
import paho.mqtt.client as mqtt
import zmq
from zmq.utils.monitor import recv_monitor_message

from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import PATIENCE, ROOT, eventually
from tests.support.watcher import Watcher

LIMITS: dict[str, Any] = json.loads((ROOT / "contracts" / "limits.json").read_text())
MAX_PACKET = 2 * 1024 * 1024
"""Bytes; of mosquitto/mosquitto.conf."""


def spaced(message: dict[str, Any], size: int) -> bytes:
    """A message of so many bytes."""
    return json.dumps(message).encode().ljust(size)


def nested(levels: int) -> list[Any]:
    return [nested(levels - 1)] if levels > 1 else []


def quote(n: object, **fields: Any) -> dict[str, Any]:
    return {"sid": "A", "quote": 1, "id": f"q{n}", **fields}


def quotes(bound: str, size: int) -> tuple[str, Any, int]:
    """A topic and a message that is as large as the bound says, and how many quotes it has."""
    match bound:
        case "message.bytes":
            return "quotes", spaced(quote(bound), size), 1
        case "message.depth":
            return "quotes", quote(bound, x=nested(size - 1)), 1
        case "message.values":
            others = len(quote(bound)) + 2  # and the list, and the map itself
            return "quotes", quote(bound, x=[0] * (size - others)), 1
        case "message.shorthand_quotes":
            return "quotes", {"id": bound, **{f"S{n}": 1 for n in range(size)}}, size
        case "message.array_quotes":
            return "quotes", [quote(f"{bound}{n}") for n in range(size)], size
        case "topic.characters":
            return "quotes/".ljust(size, "x"), quote(bound), 1
        case "sid.characters":
            return "quotes", quote(bound, sid="x" * size), 1
        case "id.characters":
            return "quotes", quote(bound, id="x" * size), 1
        case "price.maximum":
            return "quotes", quote(bound, quote=size), 1
        case "whole_number.maximum":
            return "quotes", quote(bound, id=size), 1
    assert bound == "time.last_year"
    return "quotes", quote(bound, ts=f"{size}-12-31"), 1


QUOTES = {
    "message.bytes": "too_large",
    "message.depth": "too_deep",
    "message.values": "too_many_values",
    "message.shorthand_quotes": "too_many",
    "message.array_quotes": "too_many",
    "topic.characters": "topic_too_long",
    "sid.characters": "sid_type",
    "id.characters": "id_type",
    "price.maximum": "quote_range",
    "whole_number.maximum": "number_unsafe",
    "time.last_year": "time_range",
}
"""The code that refuses what is beyond each bound."""


def test_each_message_is_taken_up_to_its_bound_and_refused_beyond_it(
    mosquitto: Broker, parts: Parts, watch: Callable[..., Watcher], tmp_path: Path
) -> None:
    service = parts.service("--journal", tmp_path / "journal.db")
    parts.bridge(mosquitto, service, "--channel", "quotes/#", "--log-level", "error")
    watcher = watch(mosquitto, "errors/#", "portfolios/#", "replies/#")
    decided = 0
    for bound in QUOTES:
        group, name = bound.split(".")
        most = int(LIMITS[group][name])
        for size in (most, most + 1):
            topic, message, count = quotes(bound, size)
            payload = message if isinstance(message, bytes) else json.dumps(message).encode()
            watcher.client.publish(topic, payload, qos=1)
            decided += count if size == most else 0
    errors = watcher.wait("errors/random", len(QUOTES))
    assert [error["code"] for error in errors] == list(QUOTES.values())
    watcher.wait_until(
        lambda: watcher.last("portfolios/random").get("seq") == decided, "portfolios/random"
    )

    halt = {"command": "halt", "id": "h"}
    for field, bound in (("by", "by_characters"), ("reason", "reason_characters")):
        most = LIMITS["command"][bound]
        watcher.publish({**halt, "id": field, field: "x" * most}, "commands/random")
        watcher.publish({**halt, field: "x" * (most + 1)}, "commands/random")
    replies = watcher.wait("replies/random", 4)
    # the bridge refuses while the service decides
    outcomes = sorted(reply["outcome"] for reply in replies)
    assert outcomes == ["done", "refused", "refused", "unchanged"]

    limits = LIMITS["query"]
    client = "c" * limits["client_characters"]
    asked = {"query": "orders", "id": "1", "client": client}
    watcher.client.publish("queries/random", spaced(asked, limits["question_bytes"]), qos=1)
    (answer,) = watcher.wait(f"replies/random/{client}")
    assert answer["ok"]
    watcher.client.publish("queries/random", spaced(asked, limits["question_bytes"] + 1), qos=1)
    watcher.publish({**asked, "client": client + "c"}, "queries/random")
    codes = [error["code"] for error in watcher.wait("errors/random", len(QUOTES) + 4)]
    assert codes[len(QUOTES) :] == ["command_text"] * 2 + ["query_too_large", "query_client"]


def test_the_broker_ends_the_connection_of_whoever_sends_more_than_it_takes(
    mosquitto: Broker,
) -> None:
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
    taken, ended = threading.Event(), threading.Event()
    client.on_publish = lambda *_: taken.set()
    client.on_disconnect = lambda *_: ended.set()
    client.connect("127.0.0.1", mosquitto.port)
    client.loop_start()
    client.publish("x", b"x" * (MAX_PACKET - 16), qos=1)
    assert taken.wait(PATIENCE)
    assert not ended.is_set()
    client.publish("x", b"x" * (MAX_PACKET + 16), qos=1)
    assert ended.wait(PATIENCE)
    client.disconnect()
    client.loop_stop()


def test_the_rpc_port_ends_the_connection_of_whoever_sends_more_than_it_takes(parts: Parts) -> None:
    most = LIMITS["rpc_message"]["bytes"]
    service = parts.service()
    with closing(Destroyed()) as context:
        socket = context.socket(zmq.DEALER)
        monitor = socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        socket.connect(service.address)
        head = b"\x93" + msgpack.packb({"message_id": "m", "v": 3}) + msgpack.packb("event")
        call = head + b"\x91\xc6"
        for size in (most, most + 1):
            room = size - len(call) - 4
            socket.send_multipart([b"", call + room.to_bytes(4, "big") + b"x" * room])
            if size == most:
                assert socket.poll(30_000)
                assert msgpack.unpackb(socket.recv_multipart()[-1])[1] == "ERR"
                assert not monitor.poll(0)
        eventually(lambda: monitor.poll(100), "the end of the connection")
        assert recv_monitor_message(monitor)["event"] == zmq.EVENT_DISCONNECTED


class Destroyed(zmq.Context[zmq.Socket[bytes]]):
    """A context that waits for nothing when it is closed."""

    def close(self) -> None:
        self.destroy(linger=0)

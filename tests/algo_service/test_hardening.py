"""What is sent to the port by mistake or malice neither stops the service nor makes it deaf.

Each of these messages was tried against a stock `zerorpc.Server`, too: those marked as deafening
leave its process up and every later call without an answer.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import msgpack
import pytest
import zerorpc
import zmq

from tests.algo_service.conftest import Service
from tests.support.processes import free_port, started

Serve = Callable[..., Service]
Connect = Callable[[Service], zerorpc.Client]


def event(header: Any, name: Any, args: Any) -> bytes:
    return msgpack.packb([header, name, args], use_bin_type=True)


def nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


CALL = {"message_id": "m1", "v": 3}
LATER = {"message_id": "m2", "v": 3, "response_to": "m1"}
BEAT = event(LATER, "_zpc_hb", [0])
CALL_SNAPSHOT = event(CALL, "snapshot", [])
OLD = {"message_id": "m1", "v": 2}
OLD_CALL = event(OLD, "nope", [])
OLD_BEAT = event({"message_id": "m2", "v": 2, "response_to": "m1"}, "_zpc_hb", [0])
noise = random.Random(7)


def word() -> bytes:
    """A message that is nearly right, of few ids, so that they meet."""
    header: dict[str, Any] = {"message_id": noise.choice("ab"), "v": noise.choice([1, 2, 3, 3, 3])}
    if noise.random() < 0.6:
        header["response_to"] = noise.choice("ab")
    name = noise.choice(["nope", "snapshot", "_zpc_hb", "_zpc_more", "_zerorpc_list", "STREAM"])
    return event(header, name, noise.choice([[], [0], [100], ["x"], None]))


FUZZ = [word() for _ in range(5000)]

MESSAGES: dict[str, list[bytes]] = {
    "random bytes": [noise.randbytes(noise.randrange(1, 400)) for _ in range(200)],
    "nothing": [b""],
    "not three parts": [msgpack.packb([1, 2]), msgpack.packb({}), msgpack.packb("x")],
    "a header that is no map": [event([], "snapshot", []), event(None, "snapshot", [])],
    "no message id": [event({"v": 3}, "snapshot", [])],
    "a message id that is a list": [event({"message_id": [], "v": 3}, "snapshot", [])],
    "a response_to that is a list (deafening)": [event({**CALL, "response_to": []}, "_zpc_hb", [])],
    "a response_to that is a map (deafening)": [event({**CALL, "response_to": {}}, "_zpc_hb", [])],
    "a version that is a text": [event({**CALL, "v": "3"}, "snapshot", [])],
    "an older version": [event({**CALL, "v": 1}, "snapshot", []), event({}, "snapshot", [])],
    "a name that is a map": [event(CALL, {}, [])],
    "arguments that are a number": [event(CALL, "snapshot", 5)],
    "an unknown method": [event(CALL, "destroy", [])],
    "a private method": [event(CALL, "_worker", []), event(CALL, "__init__", [])],
    "a deep nest": [event(CALL, "event", nested(500)), event(CALL, "event", [nested(500)])],
    "a map with keys that are numbers": [event({1: 2}, "snapshot", []), event(CALL, "x", [{1: 2}])],
    "a value of a type that no language shares": [event(CALL, "event", [msgpack.ExtType(5, b"x")])],
    "lists that claim thousands of millions of elements": [b"\x93" + b"\xdd\xff\xff\xff\xff" * 500],
    "64 MiB of empty maps": [
        b"\x93"
        + msgpack.packb(CALL)
        + msgpack.packb("event")
        + b"\xdd\x03\xff\x00\x00"
        + b"\x80" * 0x03FF0000
    ],
    "an answer to no call": [event(LATER, "OK", [1])],
    "500 events on one call (deafening)": [CALL_SNAPSHOT, *[event(LATER, "x", [])] * 500],
    "5,000 beats on a call that ends": [CALL_SNAPSHOT, *[BEAT] * 5000],
    "beats of an older version on calls of one id (deafening)": [
        *[OLD_CALL] * 2,
        *[OLD_BEAT] * 5,
        *[OLD_CALL, OLD_BEAT] * 30,
    ],
    "2,000 calls that begin with a beat": [
        event({"message_id": f"b{n}", "v": 3}, "_zpc_hb", [0]) for n in range(2000)
    ],
    "calls of one id": [CALL_SNAPSHOT, BEAT] * 200,
    "short words of the protocol in any order": FUZZ,
    "a window that is a text": [CALL_SNAPSHOT, event(LATER, "_zpc_more", ["many"])],
    "65 MiB": [event(CALL, "event", [b"x" * (65 * 1024 * 1024)])],
}


@pytest.fixture
def dealer() -> Iterator[Callable[[Service], zmq.Socket[bytes]]]:
    """A bare ZeroMQ socket that sends what it is told to."""
    context = zmq.Context()

    def connecter(service: Service) -> zmq.Socket[bytes]:
        socket = context.socket(zmq.DEALER)
        socket.setsockopt(zmq.SNDHWM, 0)
        socket.connect(service.address)
        return socket

    yield connecter
    context.destroy(linger=0)


def test_of_a_flood_of_garbage_few_lines_are_written(
    serve: Serve, dealer: Callable[[Service], zmq.Socket[bytes]]
) -> None:
    service = serve()
    socket = dealer(service)
    for _ in range(2000):
        socket.send_multipart([b"", b"garbage"])
    socket.send_multipart([b"", event({"message_id": "last", "v": 3}, "_zerorpc_ping", [])])
    assert socket.poll(60_000), "the service is deaf"
    # ten in a second, however long it takes to read them all
    assert 1 <= service.process.output.count("dropped a malformed message") <= 200


@pytest.fixture(scope="module")
def lasting() -> Iterator[tuple[Service, zerorpc.Client]]:
    """One service for all kinds of garbage, and a client that called it before any came."""
    with started() as start:
        address = f"tcp://127.0.0.1:{free_port()}"
        service = Service(start("algo-service", "serve", "--addr", address), address)
        client = zerorpc.Client(address, timeout=60)
        client.initialize({})
        yield service, client
        client.close()
        assert service.process.stop() == 0


@pytest.mark.parametrize("kind", MESSAGES)
def test_after_garbage_old_and_new_clients_are_answered(
    kind: str,
    lasting: tuple[Service, zerorpc.Client],
    connect: Connect,
    dealer: Callable[[Service], zmq.Socket[bytes]],
) -> None:
    service, before = lasting
    socket = dealer(service)
    ends = socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
    for payload in MESSAGES[kind]:
        socket.send_multipart([b"", payload])
        socket.send_multipart([payload])  # Python's side accepts a missing delimiter
    # the last one sent is answered, so everything before it was read
    socket.send_multipart([b"", event({"message_id": "last", "v": 3}, "_zerorpc_ping", [])])
    if kind == "65 MiB":
        assert ends.poll(30_000), "its sender is not disconnected"
    else:
        assert socket.poll(30_000), "the service is deaf"
    assert before.snapshot()["algo"] == "random"
    assert connect(service).snapshot()["algo"] == "random"

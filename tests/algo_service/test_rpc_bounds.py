"""What peers can make the RPC port hold is bounded, with CURVE and without."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gevent
import gevent.event
import msgpack
import pytest
import zerorpc
import zmq

from algo_service.rpc import connections, server
from algo_service.rpc.client import Client
from algo_service.rpc.curve import keys
from algo_service.rpc.curve.keys import ClientKeys, read_client_keys, read_server_keys
from algo_service.rpc.server import Server
from tests.support.processes import free_port

Serve = Callable[..., str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Keys of a server, and of a client."""
    keys.init(tmp_path)
    keys.add(tmp_path, "client")
    return tmp_path


@pytest.fixture
def own(folder: Path, is_curve: bool) -> ClientKeys | None:
    return read_client_keys(folder / "client") if is_curve else None


@pytest.fixture
def serve(folder: Path, is_curve: bool) -> Iterator[Serve]:
    """Starts a server in this process; returns its address."""
    running: list[tuple[Server, gevent.Greenlet]] = []

    def starter(methods: dict[str, Any], address: str | None = None) -> str:
        address = address or f"tcp://127.0.0.1:{free_port()}"
        made = Server(methods, "x", read_server_keys(folder / "server") if is_curve else None)
        made.bind(address)
        running.append((made, gevent.spawn(made.run)))
        return address

    yield starter
    for made, greenlet in running:
        greenlet.kill()
        made.close()


@pytest.fixture(params=[True, False], ids=["curve", "plain"])
def is_curve(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def greeting(is_curve: bool) -> bytes:
    """Return the first 64 bytes of ZMTP 3.1."""
    mechanism = b"CURVE" if is_curve else b"NULL"
    return b"\xff" + bytes(8) + b"\x7f\x03\x01" + mechanism.ljust(20, b"\0") + bytes(32)


def test_hundreds_of_peers_that_say_nothing_keep_nobody_from_being_served(
    serve: Serve, own: ClientKeys | None, is_curve: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Peers that send nothing, or the greeting alone: the oldest is ended for one too many."""
    monkeypatch.setattr(server, "MAX_HANDSHAKE", 600_000)  # it is not what ends them
    address = serve({"name": lambda: "served"})
    place = ("127.0.0.1", int(address.rpartition(":")[2]))
    before = Client(address, own, timeout=60)
    assert before.name() == "served"
    peers = []
    for n in range(300):
        peers.append(socket.create_connection(place, timeout=30))
        if n % 2:
            peers[-1].sendall(greeting(is_curve))
    client = Client(address, own, timeout=60)
    assert (client.name(), before.name()) == ("served", "served")
    ended = peers[: -connections.MAX_SILENT]
    for peer in ended:
        while gevent.get_hub().threadpool.apply(_received, (peer,)):
            pass  # its own greeting, and then the end
    for each in (*peers, client, before):
        each.close()


def _received(peer: socket.socket) -> bytes:
    try:
        return peer.recv(100)
    except ConnectionResetError:
        return b""


def test_a_peer_has_a_bounded_time_for_the_handshake(
    serve: Serve, is_curve: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAX_HANDSHAKE", 200)
    address = serve({})
    with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), 30) as peer:
        peer.sendall(greeting(is_curve))
        while peer.recv(100):
            pass


def test_one_call_too_many_is_answered_with_an_error_and_the_others_go_on(
    serve: Serve, own: ClientKeys | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAX_CALLS", 5)
    gate = gevent.event.Event()
    address = serve({"wait": gate.wait})
    client = Client(address, own, timeout=60)
    calls = [client("wait", **{"async": True}) for _ in range(5)]
    with pytest.raises(zerorpc.RemoteError, match="call again later") as raised:
        client.wait()
    assert raised.value.name == "TooManyCalls"
    gate.set()
    assert [call.get() for call in calls] == [True] * 5
    assert client.wait() is True
    client.close()


def test_calls_that_are_too_large_together_are_answered_with_the_same_error(
    serve: Serve, own: ClientKeys | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MAX_CALLS_SIZE", 1000)
    gate = gevent.event.Event()
    address = serve({"wait": lambda _: gate.wait()})
    client = Client(address, own, timeout=60)
    held = client("wait", "x" * 800, **{"async": True})
    with pytest.raises(zerorpc.RemoteError, match="call again later"):
        client.wait("x" * 800)
    gate.set()
    assert held.get() is True
    assert client.wait("x" * 800) is True
    client.close()


def test_a_message_without_a_delimiter_and_one_over_a_file_are_answered(
    serve: Serve, own: ClientKeys | None, folder: Path
) -> None:
    """Sockets of the file system have connections like those of TCP."""
    address = serve({"name": lambda: "served"}, f"ipc://{folder}/socket")
    client = Client(address, own, timeout=60)
    assert client.name() == "served"
    client.close()
    context = zerorpc.Context.get_instance()
    dealer = context.socket(zmq.DEALER)
    if own:
        own.use_at(dealer)
    dealer.connect(address)
    dealer.send(msgpack.packb([{"message_id": "m1", "v": 3}, "name", []]))
    answer = msgpack.unpackb(dealer.recv_multipart()[-1])
    assert (answer[0]["response_to"], answer[1], answer[2]) == ("m1", "OK", ["served"])
    dealer.close()

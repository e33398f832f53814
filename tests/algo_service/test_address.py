"""Where a service can be: an address that ZeroMQ would take for another is refused."""

from __future__ import annotations

import subprocess

import pytest

from algo_service.errors import AddressError
from algo_service.rpc.address import check_address
from algo_service.rpc.server import Server
from tests.support.processes import BIN

NO_ADDRESSES = [
    ("tcp://127.0.0.1:99999", "a port is a whole number from 1 to 65535"),
    ("tcp://127.0.0.1:0", "a port is a whole number from 1 to 65535"),
    ("tcp://127.0.0.1:-1", "a port is a whole number from 1 to 65535"),
    ("tcp://127.0.0.1:", "a port is a whole number from 1 to 65535"),
    ("tcp://127.0.0.1:٤٢", "a port is a whole number from 1 to 65535"),
    ("tcp://127.0.0.1", "an address is written tcp://127.0.0.1:4242"),
    ("tcp://127.0.0.1: 4242", "an address is written tcp://127.0.0.1:4242"),
    ("tcp://127.0.0.1:4242/x", "an address is written tcp://127.0.0.1:4242"),
    ("http://127.0.0.1:4242", "an address is written tcp://127.0.0.1:4242"),
    ("localhost:4242", "an address is written tcp://127.0.0.1:4242"),
    ("tcp://*:4242", "every address of a host"),
    ("tcp://no-such-host.invalid:4242", 'the host "no-such-host.invalid" is not known here'),
]


@pytest.mark.parametrize(("address", "reason"), NO_ADDRESSES)
def test_what_is_no_address_is_refused_in_a_sentence_that_holds_it(
    address: str, reason: str
) -> None:
    with pytest.raises(AddressError) as refused:
        check_address(address)
    assert f'"{address}"' in str(refused.value)
    assert reason in str(refused.value)


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:4242", "tcp://localhost:1", "tcp://[::1]:65535", "ipc:///tmp/x"]
)
def test_an_address_comes_back_as_it_is(address: str) -> None:
    assert check_address(address) == address


@pytest.mark.parametrize("host", ["*", "0.0.0.0", "lo", "localhost"])
def test_a_service_may_listen_at_any_interface_or_at_one_by_its_name(host: str) -> None:
    assert check_address(f"tcp://{host}:4242", listens=True)


def test_a_server_binds_at_no_port_but_the_one_that_was_asked_for() -> None:
    server = Server({}, "test")
    with pytest.raises(AddressError, match="a port is a whole number"):
        server.bind("tcp://127.0.0.1:99999")
    server.close()


@pytest.mark.parametrize(
    "command",
    [
        # the algorithm, which is not there, would be the next thing to be refused
        ["serve", "--algo", "no.py:Algo", "--addr"],
        ["backtest", "--data", "goog", "--rpc"],
    ],
)
def test_each_command_refuses_the_address_before_anything_else(command: list[str]) -> None:
    words = [BIN / "algo-service", *command, "tcp://127.0.0.1:99999"]
    ended = subprocess.run(words, text=True, capture_output=True)
    assert ended.returncode == 2
    assert ended.stderr == (
        f'algo-service: {command[-1]} is "tcp://127.0.0.1:99999": a port is a whole number from 1'
        " to 65535, as in tcp://127.0.0.1:4242\n"
    )

"""Addresses of services, as ZeroMQ writes them: tcp://host:port, or ipc://path."""

from __future__ import annotations

import re
import socket
from typing import NamedTuple

from algo_service.errors import AddressError
from telemetry.addresses import without_password

MAX_PORT = 65535
MAX_ADDRESS_CHARACTERS = 256

EVERY_HOST = ("*", "0.0.0.0", "::")
"""Hosts at which a service listens, and nobody reaches it."""

_EXAMPLE = "tcp://127.0.0.1:4242"
_TCP = re.compile(r"tcp://([^\s:/\[\]]+|\[[^\s\]]+\]):([^\s:/]*)")
_REACHED = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")


class TcpAddress(NamedTuple):
    """Where a service is: a host, which has no brackets, and a port."""

    host: str
    port: int


def tcp_address(address: str) -> TcpAddress | None:
    """Return the parts of tcp://host:port; None if it is of another form, such as ipc://path."""
    found = _TCP.fullmatch(address)
    if found is None or not _is_port(found[2]):
        return None
    return TcpAddress(found[1].strip("[]"), int(found[2]))


def check_address(address: str, name: str = "the address", *, listens: bool = False) -> str:
    """Return the address if there can be a service; ZeroMQ itself takes port 99999 as another.

    :param name: what it is of, such as the option that gives it.
    :param listens: whether the address is to be listened at: then `*` and the name of a network
        interface are hosts as well.
    :raises AddressError: if it is of another form, or its host is not known here.
    """
    # there is no password in one, unless somebody takes it for another address
    shown = without_password(address) if "@" in address else address
    if re.fullmatch(r"ipc://\S+", address):
        return address
    if _TCP.fullmatch(address) is None:
        raise AddressError(f'{name} is "{shown}": an address is written {_EXAMPLE}')
    found = tcp_address(address)
    if found is None:
        raise AddressError(
            f'{name} is "{shown}": a port is a whole number from 1 to {MAX_PORT}, as in {_EXAMPLE}'
        )
    host, port = found
    if host == "*" and not listens:
        raise AddressError(
            f'{name} is "{shown}", every address of a host: write one, as {_EXAMPLE}'
        )
    if listens and host in ("*", *(name for _, name in socket.if_nameindex())):
        return address
    try:
        socket.getaddrinfo(host, port)
    except (OSError, UnicodeError) as error:
        raise AddressError(f'{name} is "{shown}": the host "{host}" is not known here') from error
    return address


def is_reachable(value: object) -> bool:
    """Return whether others can be told to reach a service at this address.

    It is the rule of contracts/algo.schema.json.
    """
    if not isinstance(value, str) or len(value) > MAX_ADDRESS_CHARACTERS:
        return False
    found = tcp_address(value)
    if found is None or found.host in EVERY_HOST:
        return False
    host, _, port = value.removeprefix("tcp://").rpartition(":")
    return _REACHED.fullmatch(host) is not None and port == str(found.port)


def _is_port(text: str) -> bool:
    return re.fullmatch(r"[0-9]{1,9}", text) is not None and 1 <= int(text) <= MAX_PORT

"""Addresses of services, as ZeroMQ writes them: tcp://host:port, or ipc://path."""

from __future__ import annotations

import re
import socket

from algo_service.errors import AddressError
from telemetry.addresses import without_password

_EXAMPLE = "tcp://127.0.0.1:4242"
MAX_PORT = 65535


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
    found = re.fullmatch(r"tcp://([^\s:/\[\]]+|\[[^\s\]]+\]):([^\s:/]*)", address)
    if found is None:
        raise AddressError(f'{name} is "{shown}": an address is written {_EXAMPLE}')
    host, port = found[1].strip("[]"), found[2]
    if not (re.fullmatch(r"[0-9]+", port) and 1 <= int(port) <= MAX_PORT):
        raise AddressError(
            f'{name} is "{shown}": a port is a whole number from 1 to {MAX_PORT}, as in {_EXAMPLE}'
        )
    if host == "*" and not listens:
        raise AddressError(
            f'{name} is "{shown}", every address of a host: write one, as {_EXAMPLE}'
        )
    if listens and host in ("*", *(name for _, name in socket.if_nameindex())):
        return address
    try:
        socket.getaddrinfo(host, int(port))
    except (OSError, UnicodeError) as error:
        raise AddressError(f'{name} is "{shown}": the host "{host}" is not known here') from error
    return address

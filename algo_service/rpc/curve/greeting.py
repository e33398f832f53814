"""What a ZeroMQ peer says of itself first: by which mechanism it lets others in.

libzmq tells of a mechanism that is another one than ours only if the peer, which finds out at the
same moment, does not close the connection before it has said so.
"""

from __future__ import annotations

import socket

from algo_service.rpc.address import tcp_address

PATIENCE = 5.0
"""Seconds that the peer may take."""

# https://rfc.zeromq.org/spec/23: the signature and the version are answered with all the rest
_BEGINNING = b"\xff" + bytes(8) + b"\x7f\x03"
_MECHANISM = slice(12, 32)


def mechanism_at(address: str) -> str:
    """Return the mechanism of the peer at an address, such as NULL or CURVE; empty if unknown."""
    try:
        with _connection(address) as connection:
            connection.settimeout(PATIENCE)
            connection.sendall(_BEGINNING)
            greeting = b""
            while len(greeting) < _MECHANISM.stop:
                got = connection.recv(_MECHANISM.stop - len(greeting))
                if not got:
                    return ""
                greeting += got
    except OSError:
        return ""
    return greeting[_MECHANISM].rstrip(b"\0").decode("ascii", "replace")


def _connection(address: str) -> socket.socket:
    if found := tcp_address(address):
        return socket.create_connection(found, PATIENCE)
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(PATIENCE)
    connection.connect(address.removeprefix("ipc://"))
    return connection

"""Folders of keys, each with all that one part needs, and nothing of any other."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import zmq

from algo_service.errors import CurveError
from algo_service.rpc.curve.certificate import read_pair, read_public, write_pair, write_public

SERVER = "server"
CLIENT = "client"
CLIENTS = "clients"
_NAME = re.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class Socket(Protocol):
    """A ZeroMQ socket, or what zerorpc has in its place."""

    def setsockopt(self, option: int, value: bytes | int) -> object:
        """Set an option, before the socket is connected or bound."""


@dataclass(frozen=True)
class ClientKeys:
    """What a client shows to a server, and knows it by."""

    folder: Path
    server: bytes
    public: bytes
    secret: bytes = field(repr=False)

    def use_at(self, socket: Socket) -> None:
        """Have a socket, which is not connected yet, connect by CURVE alone."""
        socket.setsockopt(zmq.CURVE_SERVERKEY, self.server)
        socket.setsockopt(zmq.CURVE_PUBLICKEY, self.public)
        socket.setsockopt(zmq.CURVE_SECRETKEY, self.secret)


@dataclass(frozen=True)
class ServerKeys:
    """What a server shows itself by, and the folder of the clients that it admits."""

    folder: Path
    public: bytes
    secret: bytes = field(repr=False)

    @property
    def clients(self) -> Path:
        """The folder of the public keys of those that are admitted."""
        return self.folder / CLIENTS


def read_client_keys(folder: Path) -> ClientKeys:
    """Return the keys of a client: `client.key_secret`, and `server.key`.

    :raises CurveError: if one cannot be used.
    """
    _check(folder, f"{CLIENT}.key_secret", "a client")
    server = read_public(folder / f"{SERVER}.key")
    return ClientKeys(folder, server, *read_pair(folder / f"{CLIENT}.key_secret"))


def read_server_keys(folder: Path) -> ServerKeys:
    """Return the keys of a server: `server.key_secret`.

    :raises CurveError: if it cannot be used.
    """
    _check(folder, f"{SERVER}.key_secret", "a server")
    return ServerKeys(folder, *read_pair(folder / f"{SERVER}.key_secret"))


def init(folder: Path) -> Path:
    """Make the folder of a server, below another one, and return it.

    :raises CurveError: if that cannot be, or there is one.
    """
    server = folder / SERVER
    if server.exists():
        raise CurveError(f"{server} is there already: services that use its keys would lose them")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        server.mkdir(mode=0o700)
        (server / CLIENTS).mkdir(mode=0o700)
        write_pair(server, SERVER)
    except OSError as error:
        raise CurveError(f"cannot write below {folder}: {error.strerror}") from error
    return server


def add(folder: Path, name: str) -> Path:
    """Make the folder of a client beside that of its server, which admits it; return it.

    :raises CurveError: if that cannot be, or there is one.
    """
    server, client = folder / SERVER, folder / name
    if not _NAME.fullmatch(name) or name in (SERVER, CLIENTS):
        raise CurveError(
            f'"{name}" cannot be the name of a client: it has at most 64 letters, digits, "-", "_"'
            f' and ".", such as bridge, and is not "{SERVER}" or "{CLIENTS}"'
        )
    admitted = server / CLIENTS / f"{name}.key"
    for path in (client, admitted):
        if path.exists():
            raise CurveError(f"{path} is there already: give another name, or remove it first")
    if not server.is_dir():
        raise CurveError(f"there is no {server}: `algo-service keys init {folder}` makes it")
    key = read_public(server / f"{SERVER}.key").decode()
    try:
        client.mkdir(mode=0o700)
        write_public(client / f"{SERVER}.key", key)
        write_public(admitted, write_pair(client, CLIENT))
    except OSError as error:
        raise CurveError(f"cannot write below {folder}: {error.strerror}") from error
    return client


def _check(folder: Path, needed: str, who: str) -> None:
    if not zmq.has("curve"):
        raise CurveError(f"--curve-keys {folder}: this ZeroMQ has no CURVE; install pyzmq's wheel")
    if not folder.is_dir():
        raise CurveError(
            f"--curve-keys {folder}: there is no such folder; `algo-service keys` makes it"
        )
    if not (folder / needed).exists():
        there = ", ".join(sorted(each.name for each in folder.iterdir())) or "nothing"
        raise CurveError(
            f"--curve-keys {folder}: {who} needs {needed}, and there is {there}; `algo-service keys"
            " init DIR` makes DIR/server, and `algo-service keys add DIR NAME` makes DIR/NAME"
        )

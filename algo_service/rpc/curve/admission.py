"""Which clients a server admits: those whose public keys are in its folder `clients`.

libzmq asks whoever listens at inproc://zeromq.zap.01 of the server's context at each handshake, by
ZAP (https://rfc.zeromq.org/spec/27/). Every message then carries the key that it came with as its
`User-Id`, so that one whose key was removed meanwhile is told from the others.
"""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path
from typing import Any

import gevent
import zmq
from zmq.utils import z85

from algo_service.errors import CurveError
from algo_service.rpc.curve.certificate import read_public
from algo_service.rpc.curve.keys import ServerKeys
from algo_service.rpc.curve.refusals import Refusals

log = logging.getLogger(__name__)

ENDPOINT = "inproc://zeromq.zap.01"
DOMAIN = b"tickwire"

LOOK = 1.0
"""Seconds between two looks at the folder: in this time a key that was removed is of no use."""

_Seen = dict[Path, tuple[int, int]]


class Admission:
    """Answers libzmq whether a client is admitted; runs in gevent's hub until `close`.

    It has to be there before the server's socket is bound.

    :param context: that of the server's socket.
    """

    def __init__(self, context: Any, keys: ServerKeys, refusals: Refusals):
        self._folder = keys.clients
        self._refusals = refusals
        self._seen: _Seen = {}
        self._names: dict[str, str] = {}
        self._look()
        if not self._names:
            log.warning(
                "no client is admitted: %s has no key; `algo-service keys add` makes one",
                self._folder,
            )
        self._socket = context.socket(zmq.REP)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.bind(ENDPOINT)
        self._greenlets = [gevent.spawn(self._answer), gevent.spawn(self._keep_looking)]

    def admits(self, key: str | None) -> bool:
        """Return whether a client with this public key is admitted, as of the last look."""
        return key in self._names

    def close(self) -> None:
        """Answer no more: nobody is admitted from now on."""
        gevent.killall(self._greenlets)
        self._socket.close()

    def _answer(self) -> None:
        while True:
            # version, request id, domain, address, identity, mechanism, credentials
            version, request, _, address, _, mechanism, *credentials = self._socket.recv_multipart()
            key = ""
            if mechanism == b"CURVE" and len(credentials) == 1 and len(credentials[0]) == 32:
                key = z85.encode(credentials[0]).decode()
            status, reason = (b"200", b"OK") if self._is_known(key, address) else (b"400", b"No")
            user = key.encode() if status == b"200" else b""
            self._socket.send_multipart([version, request, status, reason, user, b""])

    def _is_known(self, key: str, address: bytes) -> bool:
        self._look()
        where = address.decode(errors="replace") or "a process of this machine"
        if key in self._names:
            log.info("admitted the client %s from %s", self._names[key], where)
            return True
        self._refusals.note(
            f"refused a client from {where}: its public key {key} is not in {self._folder}"
        )
        return False

    def _keep_looking(self) -> None:
        while True:
            gevent.sleep(LOOK)
            self._look()

    def _look(self) -> None:
        """Read the folder again, if anything in it has changed."""
        seen: _Seen = {}
        for file in sorted(self._folder.glob("*.key")):
            with contextlib.suppress(OSError):  # it was removed meanwhile
                found = file.stat()
                seen[file] = found.st_mtime_ns, found.st_ino
        if seen == self._seen:
            return
        names: dict[str, str] = {}
        for file in seen:
            try:
                names[read_public(file).decode()] = file.stem
            except CurveError as error:
                log.warning("it admits nobody: %s", error)
        for key, name in self._names.items():
            if key not in names:
                log.warning("the client %s is no longer admitted", name)
        self._seen, self._names = seen, names

"""Tells the log of those that fail before they show a key, such as a client without one.

ZAP never hears of them. libzmq's monitor does, but does not say who they are: the address is that
of the connection whose end follows the failure.
"""

from __future__ import annotations

import os
import socket
import struct
from typing import Any

import gevent
import zmq

from algo_service.rpc.curve.refusals import Refusals

_FAILED = zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
_CUT_OFF = zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
_EVENTS = zmq.EVENT_ACCEPTED | _FAILED | _CUT_OFF | zmq.EVENT_DISCONNECTED

_FAULTS: dict[int, str] = {
    zmq.PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH: "it does not speak CURVE: it needs --curve-keys",
    zmq.PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC: "it has the server.key of another server",
}
# A client without keys may find out first, and go before it has said that it has none.
_GONE = "it ended the handshake; if it is a client of this service, it needs --curve-keys"


class Handshakes:
    """Watches a server's socket; runs in gevent's hub until `close`.

    :param listening: a socket that is not bound yet.
    """

    def __init__(self, listening: Any, refusals: Refusals):
        self._listening = listening
        self._refusals = refusals
        self._peers: dict[int, str] = {}
        self._fault = ""
        self._monitor = listening.get_monitor_socket(_EVENTS)
        self._greenlet = gevent.spawn(self._watch)

    def close(self) -> None:
        """Watch no more."""
        self._greenlet.kill()
        self._listening.disable_monitor()
        self._monitor.close()

    def _watch(self) -> None:
        while True:
            # event and value, then the address at which we listen
            self._take(*struct.unpack("=HI", self._monitor.recv_multipart()[0]))

    def _take(self, event: int, value: int) -> None:
        if event == zmq.EVENT_ACCEPTED:
            self._peers[value] = _peer_of(value)
        elif event == zmq.EVENT_DISCONNECTED:
            peer = self._peers.pop(value, "an unknown address")
            if self._fault:
                self._refusals.note(f"refused a client from {peer}: {self._fault}")
            self._fault = ""
        elif event == _FAILED:
            self._fault = _FAULTS.get(value, f"it breaks ZeroMQ's protocol (0x{value:x})")
        elif event == _CUT_OFF:
            self._fault = _GONE


def _peer_of(descriptor: int) -> str:
    """Return the host at the other end of a connection, unless it is gone already."""
    try:
        with socket.socket(fileno=os.dup(descriptor)) as connection:
            name = connection.getpeername()
    except OSError:
        return "an unknown address"
    return str(name[0]) if isinstance(name, tuple) else "a process of this machine"

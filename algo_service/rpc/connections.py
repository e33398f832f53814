"""The connections of a server that libzmq has accepted: who fails, and how many say nothing.

libzmq's monitor tells of each: the descriptor of a connection that begins or ends, and before its
end why its handshake has failed. Who fails before showing a key, such as a client without one, is
known to nobody else.

Until its handshake is done a peer may send a frame of the largest size, and libzmq holds it. So a
bounded number of connections may be silent, which is to say that no message has come on them yet.
"""

from __future__ import annotations

import os
import socket
import struct
from typing import Any, NamedTuple

import gevent
import zmq

from algo_service.rpc.curve.refusals import Refusals

MAX_SILENT = 16
"""Connections on which no message has come; for one more the oldest of them is ended."""

_FAILED = zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
_CUT_OFF = zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
_EVENTS = zmq.EVENT_ACCEPTED | _FAILED | _CUT_OFF | zmq.EVENT_DISCONNECTED

_FAULTS: dict[int, str] = {
    zmq.PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH: "it does not speak CURVE: it needs --curve-keys",
    zmq.PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC: "it has the server.key of another server",
}
# A client without keys may find out first, and go before it has said that it has none.
_GONE = "it ended the handshake; if it is a client of this service, it needs --curve-keys"


class _Peer(NamedTuple):
    host: str
    inode: int
    """of the socket: its descriptor may be that of something else by now"""


_UNKNOWN = _Peer("an unknown address", -1)


class Connections:
    """Watches a server's socket; runs in gevent's hub until `close`.

    :param listening: a socket that is not bound yet.
    :param refusals: logs those that fail; None for a server without keys.
    """

    def __init__(self, listening: Any, refusals: Refusals | None):
        self._listening = listening
        self._refusals = refusals
        self._peers: dict[int, _Peer] = {}
        self._silent: dict[int, None] = {}
        self._fault = ""
        self._monitor = listening.get_monitor_socket(_EVENTS)
        self._greenlet = gevent.spawn(self._watch)

    def heard(self, descriptor: int) -> None:
        """Note that a message has come on a connection."""
        self._silent.pop(descriptor, None)

    def end(self, descriptor: int) -> None:
        """Have libzmq find that a connection has ended."""
        peer = self._peers.get(descriptor, _UNKNOWN)
        try:
            with socket.socket(fileno=os.dup(descriptor)) as connection:
                if os.fstat(connection.fileno()).st_ino == peer.inode:
                    connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it has ended already

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
            self._silent.pop(value, None)
            self._silent[value] = None
            if len(self._silent) > MAX_SILENT:
                oldest = next(iter(self._silent))
                del self._silent[oldest]
                self.end(oldest)
        elif event == zmq.EVENT_DISCONNECTED:
            peer = self._peers.pop(value, _UNKNOWN)
            self._silent.pop(value, None)
            if self._fault and self._refusals:
                self._refusals.note(f"refused a client from {peer.host}: {self._fault}")
            self._fault = ""
        elif event == _FAILED:
            self._fault = _FAULTS.get(value, f"it breaks ZeroMQ's protocol (0x{value:x})")
        elif event == _CUT_OFF:
            self._fault = _GONE


def _peer_of(descriptor: int) -> _Peer:
    """Return who is at the other end of a connection, unless that has ended already."""
    try:
        with socket.socket(fileno=os.dup(descriptor)) as connection:
            name = connection.getpeername()
            inode = os.fstat(connection.fileno()).st_ino
    except OSError:
        return _UNKNOWN
    return _Peer(name[0] if isinstance(name, tuple) else "a process of this machine", inode)

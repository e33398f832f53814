"""A ZeroRPC client that says why there is no connection: zerorpc's own only waits.

zerorpc sends a call into a socket that connects in the background, and takes a server that refuses
it for one that is silent. Here the handshake is awaited first, by the events of libzmq's monitor.
"""

from __future__ import annotations

import struct
from typing import Any

import gevent
import zerorpc
import zmq

from algo_service.errors import AddressError, AlgoServiceError, CurveError
from algo_service.rpc.address import check_address
from algo_service.rpc.curve.greeting import mechanism_at
from algo_service.rpc.curve.keys import ClientKeys

PATIENCE = 15.0
"""Seconds until a server that does not answer is taken for none, as zerorpc waits for beats."""

MAX_CUT_OFF = 3
"""Handshakes that fail without a word, as they do where the server is about to end."""

_EVENTS = (
    zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
)


class Client(zerorpc.Client):  # type: ignore[misc]
    """A client that is connected.

    :param keys: with them it connects by CURVE, and no other way.
    :param who: what the sentences call the server: a backend, or a service.
    :param timeout: seconds that a call may take; None for as long as heartbeats come.
    :raises AddressError: if the address is not valid, or no server answers there.
    :raises CurveError: if one of the two has keys and the other none, or does not accept them.
    """

    def __init__(
        self,
        address: str,
        keys: ClientKeys | None,
        *,
        who: str = "service",
        timeout: float | None,
    ):
        check_address(address)
        super().__init__(timeout=timeout)
        try:
            if keys:
                keys.use_at(self._events)
            monitor = self._events._socket.get_monitor_socket(_EVENTS)
            self.connect(address)
            patience = PATIENCE if timeout is None else min(PATIENCE, timeout)
            if not _is_open(monitor, patience, f"the {who} at {address}", address, keys):
                raise AddressError(f"no {who} answers at {address}: see its --addr")
            self._events._socket.disable_monitor()
            monitor.close()
        except zmq.ZMQError as error:
            self.close()
            raise AddressError(f"cannot connect to {address}: {error.strerror}") from error
        except BaseException:
            self.close()
            raise


def _is_open(
    monitor: Any, patience: float, who: str, address: str, keys: ClientKeys | None
) -> bool:
    """Wait until the handshake is done; return False if nobody answers."""
    cut_off = 0
    with gevent.Timeout(patience, False):
        while True:
            event, _ = struct.unpack("=HI", monitor.recv_multipart()[0])
            if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                return True
            if event == zmq.EVENT_HANDSHAKE_FAILED_AUTH and keys:
                raise CurveError(
                    f"{who} does not admit this client by CURVE: its folder clients has no file"
                    f" with the public key {keys.public.decode()}"
                )
            cut_off += 1
            refusal = _refusal(mechanism_at(address), who, keys, cut_off)
            if refusal:
                raise refusal
    return False


def _refusal(
    mechanism: str, who: str, keys: ClientKeys | None, cut_off: int
) -> AlgoServiceError | None:
    """Return why no attempt will succeed, if that is so."""
    if mechanism == "CURVE" and keys is None:
        return CurveError(f"{who} requires CURVE: give --curve-keys DIR")
    if mechanism not in ("CURVE", "") and keys:
        return CurveError(
            f"{who} does not speak CURVE, and nothing is sent in the clear: start it with"
            " --curve-keys, or leave out --curve-keys here"
        )
    if mechanism == "" or cut_off < MAX_CUT_OFF:
        return None
    if keys:
        return CurveError(
            f"{who} ends each CURVE handshake: {keys.folder / 'server.key'} is probably the key of"
            " another server"
        )
    return AddressError(f"{who} ends each connection: see its --addr")

"""A `zerorpc.Server` that malformed messages cannot make deaf.

In zerorpc 0.6.3 one dispatcher hands every message to the queue of its call, and waits where that
is full. A `response_to` that is a list or a map ends the dispatcher itself; more than 100 events on
one call end the reader of that call's queue, for which the dispatcher then waits for ever. Either
way the process stays up and answers nobody. So what no caller of plain methods ever sends is
dropped on arrival, with a line in the log.
"""

from __future__ import annotations

import errno
import logging
from typing import Any

import zerorpc
import zmq
from zerorpc.core import ServerBase

from algo_service.errors import AddressError

log = logging.getLogger(__name__)

LARGEST_MESSAGE = 64 * 1024 * 1024
"""Bytes; ZeroMQ itself would take any size. A batch of the bridge is a few megabytes."""


class _CheckedEvents(zerorpc.Events):  # type: ignore[misc]
    """Receives only what the protocol allows a caller of plain methods to send."""

    def recv(self, timeout: float | None = None) -> Any:
        while True:
            try:
                event = super().recv(timeout)
                objection = _objection(event)
            except Exception as error:
                objection = f"{type(error).__name__}: {error}"
            if objection is None:
                return event
            log.warning("dropped a malformed message: %.200s", objection)


def _objection(event: Any) -> str | None:
    header = event.header
    for key in ("message_id", "response_to"):
        if not isinstance(header.get(key, ""), str | bytes):
            return f"the header's {key} is {header[key]!r:.80}, not a text"
    if "message_id" not in header:
        return "the header has no message_id"
    if type(header.get("v", 1)) is not int:
        return f"the header's v is {header['v']!r:.80}, not a number"
    if not isinstance(event.name, str):
        return f"the event's name is {event.name!r:.80}, not a text"
    if not isinstance(event.args, list | tuple):
        return f"the arguments are {event.args!r:.80}, not a list"
    if "response_to" in header and event.name not in ("_zpc_hb", "_zpc_more"):
        return f"a second event, {event.name:.80}, on a call that takes one"
    return None


class Server(zerorpc.Server):  # type: ignore[misc]
    """A ZeroRPC server of plain methods.

    :param methods: functions by name.
    :param name: what `zerorpc --inspect` calls the service.
    """

    def __init__(self, methods: dict[str, Any], name: str):
        self._context = zerorpc.Context.get_instance()
        self._events = _CheckedEvents(zmq.ROUTER, self._context)
        self._events.setsockopt(zmq.MAXMSGSIZE, LARGEST_MESSAGE)
        # What a caller that is gone has not read must not hold up the end of the process.
        self._events.setsockopt(zmq.LINGER, 1000)
        ServerBase.__init__(self, self._events, methods, name, self._context)

    def bind(self, address: str) -> None:
        """Listen at `address`.

        :raises AddressError: if that cannot be, with the reason.
        """
        try:
            super().bind(address)
        except zmq.ZMQError as error:
            if error.errno == errno.EADDRINUSE:
                reason = "it is in use: end the other service, or choose another --addr"
            elif error.errno in (errno.EINVAL, errno.EPROTONOSUPPORT):
                reason = "an address is written tcp://127.0.0.1:4242"
            else:
                reason = str(error.strerror)
            raise AddressError(f"cannot listen at {address}: {reason}") from error

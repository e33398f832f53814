"""A `zerorpc.Server` that keeps answering after malformed messages.

In zerorpc 0.6.3 one dispatcher hands every message to the queue of its call, and waits where that
is full. A `response_to` that is a list or a map ends the dispatcher itself. More than 100 events on
one call, or beats that meet the end of their call, leave a queue that nobody reads, and the
dispatcher waits for ever: the process stays up and answers nobody. So what no caller of plain
methods ever sends is dropped on arrival, with a line in the log, and the queues of calls have no
limit: what comes for a call under way is heartbeats, which are read at once.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Container
from typing import Any

import gevent.queue
import msgpack
import zerorpc
import zmq
from zerorpc.channel import ChannelMultiplexer
from zerorpc.core import ServerBase
from zerorpc.events import Event

from algo_service.errors import AddressError
from algo_service.rpc.address import check_address

log = logging.getLogger(__name__)

MAX_MESSAGE_SIZE = 64 * 1024 * 1024
"""Bytes; ZeroMQ itself would take any size. A batch of the bridge is a few megabytes."""

MAX_COLLECTIONS = 8 * 1024 * 1024
"""Short lists and maps in a message: an empty one takes a byte there, and 70 in memory."""

_BEGIN_COLLECTION = bytes(range(0x80, 0xA0))
"""The bytes with which MessagePack begins them."""


class _CheckedEvents(zerorpc.Events):  # type: ignore[misc]
    """Receives only what the protocol allows a caller of plain methods to send."""

    active: Container[Any] = ()
    """The ids of the calls under way."""

    def recv(self, timeout: float | None = None) -> Any:
        while True:
            try:
                event = _event_of(self._recv(timeout=timeout))
                objection = _objection(event, self.active)
            except Exception as error:
                objection = f"{type(error).__name__}: {error}"
            if objection is None:
                return event
            log.warning("dropped a malformed message: %.200s", objection)


def unpacked(message: bytes) -> Any:
    """Return what a message of MessagePack holds.

    Types of others are refused: no message of the contract has them, a journal would keep them, and
    could not read them again. An instant is the number of its seconds.

    :raises ValueError: if it is not one whole message, or would take gigabytes of memory.
    """
    if len(message) > MAX_COLLECTIONS:
        # those within texts count as well: a message of so many is none of ours all the same
        others = len(bytes(message).translate(None, _BEGIN_COLLECTION))
        if len(message) - others > MAX_COLLECTIONS:
            raise ValueError(f"it has more than {MAX_COLLECTIONS:,} lists and maps")
    return msgpack.unpackb(message, ext_hook=_refuse, timestamp=1)


def _refuse(code: int, _content: bytes) -> None:
    raise ValueError(f"it holds a value of the extension type {code}")


def _event_of(frames: list[Any]) -> Any:
    """Return the event of a message, as `zerorpc.Events.recv` does."""
    header, name, args = unpacked(frames[-1].buffer)
    event = Event(name, args, None, header if isinstance(header, dict) else {})
    # a caller may leave out the empty frame
    event.identity = frames[:-2] if len(frames) > 2 else frames[:-1] or None
    return event


def _objection(event: Any, active: Container[Any]) -> str | None:
    header = event.header
    for key in ("message_id", "response_to"):
        if not isinstance(header.get(key, ""), str | bytes):
            return f"the header's {key} is {header[key]!r:.80}, not a text"
    if "message_id" not in header:
        return "the header has no message_id"
    if header.get("v") != 3 or type(header["v"]) is not int:
        return f"the header's v is {header.get('v')!r:.80}, and this is protocol version 3"
    if not isinstance(event.name, str):
        return f"the event's name is {event.name!r:.80}, not a text"
    if not isinstance(event.args, list | tuple):
        return f"the arguments are {event.args!r:.80}, not a list"
    is_upkeep = event.name in ("_zpc_hb", "_zpc_more")
    if "response_to" in header and not is_upkeep:
        return f"a second event, {event.name:.80}, on a call that takes one"
    if "response_to" not in header and is_upkeep:
        return f"a call that begins with {event.name}"
    if "response_to" not in header and header["message_id"] in active:
        return f"the call {header['message_id']!r:.80} is under way"
    return None


class _Multiplexer(ChannelMultiplexer):  # type: ignore[misc]
    """Never waits for a call that has stopped reading."""

    def channel(self, from_event: Any = None) -> Any:
        channel = super().channel(from_event)
        channel._queue = gevent.queue.Queue()
        channel._queue.put(from_event)
        return channel


class Server(zerorpc.Server):  # type: ignore[misc]
    """A ZeroRPC server of plain methods.

    :param methods: functions by name.
    :param name: what `zerorpc --inspect` calls the service.
    """

    def __init__(self, methods: dict[str, Any], name: str):
        self._context = zerorpc.Context.get_instance()
        self._events = _CheckedEvents(zmq.ROUTER, self._context)
        self._events.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE_SIZE)
        # What a caller that is gone has not read must not hold up the end of the process.
        self._events.setsockopt(zmq.LINGER, 1000)
        ServerBase.__init__(self, self._events, methods, name, self._context)
        self._multiplexer.close()  # the stock one, which ServerBase has just made
        self._multiplexer: ChannelMultiplexer = _Multiplexer(self._events)
        self._events.active = self._multiplexer.active_channels

    def _print_traceback(self, protocol_v1: bool, exc_infos: Any) -> tuple[Any, ...]:
        """Return what the caller gets of an exception: of an algorithm's, its own lines."""
        sent: tuple[Any, ...] = super()._print_traceback(protocol_v1, exc_infos)
        own = getattr(exc_infos[1], "traceback", "")
        return (*sent[:2], own) if own and len(sent) == 3 else sent

    def bind(self, address: str) -> None:
        """Listen at `address`.

        :raises AddressError: if that cannot be, with the reason.
        """
        check_address(address, listens=True)
        try:
            super().bind(address)
        except zmq.ZMQError as error:
            if error.errno == errno.EADDRINUSE:
                reason = "it is in use: end the other service, or choose another --addr"
            else:
                reason = str(error.strerror)
            raise AddressError(f"cannot listen at {address}: {reason}") from error

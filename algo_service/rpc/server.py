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
from algo_service.rpc.connections import Connections
from algo_service.rpc.curve.admission import DOMAIN, Admission
from algo_service.rpc.curve.keys import ServerKeys
from algo_service.rpc.curve.refusals import Refusals
from algo_service.rpc.line_limit import LineLimit

log = logging.getLogger(__name__)

MAX_HANDSHAKE = 10_000
"""Milliseconds for ZeroMQ's handshake, after which a peer is disconnected; by default 30,000."""

MAX_MESSAGE_SIZE = 64 * 1024 * 1024
"""Bytes; ZeroMQ itself would take any size. A batch of the bridge is a few megabytes."""

MAX_COLLECTIONS = 8 * 1024 * 1024
"""Short lists and maps in a message: an empty one takes a byte there, and 70 in memory."""

_BEGIN_COLLECTION = bytes(range(0x80, 0xA0))
"""The bytes with which MessagePack begins them."""


MAX_CALLS = 1000
"""Calls under way; each is a few greenlets. A bridge has a handful."""

MAX_CALLS_SIZE = 256 * 1024 * 1024
"""Bytes of the messages that began them, together."""


class _CheckedEvents(zerorpc.Events):  # type: ignore[misc]
    """Receives only what the protocol allows a caller of plain methods to send."""

    admission: Admission | None = None
    """Whose messages are received; by default everybody's."""
    connections: Connections

    def __init__(self, socket_type: int, context: Any):
        super().__init__(socket_type, context)
        self.sizes: dict[Any, int] = {}
        """Of the calls under way, the bytes of the messages that began them, by id."""
        self._limit = LineLimit()

    def recv(self, timeout: float | None = None) -> Any:
        while True:
            parts = self._recv(timeout=timeout)
            try:
                # ROUTER: whose message it is, and behind a delimiter, if there is one, the event
                first, *others, last = parts
                descriptor = last.get(zmq.SRCFD)
                if self.admission and not self.admission.admits(last.get("User-Id")):
                    self.connections.end(descriptor)  # its key was removed, and the log says so
                    continue
                self.connections.heard(descriptor)
                event = _event_of(last.buffer)
                event.identity = [first, *others[:-1]]
                objection = _objection(event, self.sizes)
            except Exception as error:
                objection = f"{type(error).__name__}: {error}"
            if objection is not None:
                log.log(self._limit.next(), "dropped a malformed message: %.200s", objection)
            elif "response_to" in event.header or self._has_room(event, len(last)):
                return event

    def _has_room(self, event: Any, size: int) -> bool:
        """Return whether a call can be begun; its caller is told if not."""
        if len(self.sizes) < MAX_CALLS and sum(self.sizes.values()) + size <= MAX_CALLS_SIZE:
            self.sizes[event.header["message_id"]] = size
            return True
        sentence = "the service has as many calls under way as it takes; call again later"
        answer = self.new_event("ERR", ("TooManyCalls", sentence, None))
        answer.header["response_to"] = event.header["message_id"]
        answer.identity = event.identity
        self.emit_event(answer)
        return False


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


def _event_of(message: bytes) -> Any:
    """Return the event of a message, as `zerorpc.Event.unpack` does."""
    header, name, args = unpacked(message)
    return Event(name, args, None, header if isinstance(header, dict) else {})


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


class _Calls(dict[Any, Any]):
    """The channels of the calls under way, by id.

    :param sizes: where the calls that have ended are removed.
    """

    def __init__(self, sizes: dict[Any, int]):
        super().__init__()
        self._sizes = sizes

    def __delitem__(self, call: Any) -> None:
        super().__delitem__(call)
        self._sizes.pop(call, None)


class _Multiplexer(ChannelMultiplexer):  # type: ignore[misc]
    """Never waits for a call that has stopped reading."""

    def __init__(self, events: _CheckedEvents):
        super().__init__(events)
        self._active_channels = _Calls(events.sizes)

    def channel(self, from_event: Any = None) -> Any:
        channel = super().channel(from_event)
        channel._queue = gevent.queue.Queue()
        channel._queue.put(from_event)
        return channel


class Server(zerorpc.Server):  # type: ignore[misc]
    """A ZeroRPC server of plain methods.

    :param methods: functions by name.
    :param name: what `zerorpc --inspect` calls the service.
    :param keys: with them it is reached by CURVE alone, by those whose keys it has.
    """

    def __init__(self, methods: dict[str, Any], name: str, keys: ServerKeys | None = None):
        self._context = zerorpc.Context.get_instance()
        self._events = _CheckedEvents(zmq.ROUTER, self._context)
        self._events.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE_SIZE)
        # What a caller that is gone has not read must not hold up the end of the process.
        self._events.setsockopt(zmq.LINGER, 1000)
        self._events.setsockopt(zmq.HANDSHAKE_IVL, MAX_HANDSHAKE)
        refusals = Refusals() if keys else None
        self._events.connections = Connections(self._events._socket, refusals)
        if keys and refusals:
            self._require_curve(keys, refusals)
        ServerBase.__init__(self, self._events, methods, name, self._context)
        self._multiplexer.close()  # the stock one, which ServerBase has just made
        self._multiplexer: ChannelMultiplexer = _Multiplexer(self._events)

    def _require_curve(self, keys: ServerKeys, refusals: Refusals) -> None:
        self._events.setsockopt(zmq.CURVE_SERVER, 1)
        self._events.setsockopt(zmq.CURVE_SECRETKEY, keys.secret)
        # Without these two libzmq admits everybody where nobody answers its question.
        self._events.setsockopt(zmq.ZAP_DOMAIN, DOMAIN)
        self._events.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)
        self._events.admission = Admission(self._context, keys, refusals)

    def close(self) -> None:
        """Listen no longer."""
        if self._events.admission:
            self._events.admission.close()
        self._events.connections.close()
        super().close()

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

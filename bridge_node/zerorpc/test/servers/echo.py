"""A zerorpc server for the client's tests: prints its port when it is ready.

Arguments: heartbeat period in seconds, address (default: any free port).
"""

import os
import sys
from collections.abc import Iterator
from typing import Any

import gevent
import gevent.event
import zerorpc


class Methods:
    """What the tests call."""

    def __init__(self) -> None:
        self._ran: list[str] = []
        self._released = gevent.event.Event()
        self._sent = 0

    def echo(self, value: Any) -> Any:
        """Return what came."""
        return value

    def type_of(self, value: Any) -> str:
        """Name the Python type that arrived."""
        return type(value).__name__

    def describe(self, value: Any) -> str:
        """Return what arrived, as Python writes it."""
        return repr(value)

    def size(self, value: Any) -> int:
        """Return a length."""
        return len(value)

    def big_int(self) -> int:
        """Return an integer that no double holds."""
        return 2**63 - 1

    def unreadable(self) -> dict[bytes, int]:
        """Return a map whose key is bytes, which no JavaScript object has."""
        return {b"\xff": 1}

    def fail(self) -> None:
        """Raise."""
        raise ValueError("no price: “€ ½”")

    def add(self, a: float, b: float) -> float:
        """Add two numbers."""
        return a + b

    def sleep(self, seconds: float, value: Any) -> Any:
        """Return the value after some time, letting heartbeats go on."""
        gevent.sleep(seconds)
        return value

    def hold(self, value: Any) -> Any:
        """Return the value once `release` is called."""
        self._released.wait()
        return value

    def release(self) -> None:
        """Let `hold` return."""
        self._released.set()

    def note(self, text: str) -> None:
        """Remember that this ran."""
        self._ran.append(text)

    def notes(self) -> list[str]:
        """Return what ran."""
        return self._ran

    def pid(self) -> int:
        """Return the process id."""
        return os.getpid()

    @zerorpc.stream
    def stream(self) -> Iterator[int]:
        """Stream three numbers."""
        return iter([1, 2, 3])

    @zerorpc.stream
    def endless(self) -> Iterator[int]:
        """Stream numbers without end."""
        while True:
            yield self._sent
            self._sent += 1

    def sent(self) -> int:
        """Return how many numbers were sent, once no more are."""
        before = -1
        while before != self._sent:
            before = self._sent
            gevent.sleep(0.2)
        return self._sent


def main() -> None:
    """Serve until killed."""
    server = zerorpc.Server(Methods(), heartbeat=float(sys.argv[1]))
    server.bind(sys.argv[2] if len(sys.argv) > 2 else "tcp://127.0.0.1:0")
    address = server._events._socket.getsockopt_string(zerorpc.zmq.LAST_ENDPOINT)
    sys.stdout.write(address + "\n")
    sys.stdout.flush()
    server.run()


main()

"""A broker that misbehaves on purpose: one connection at a time, a dozen lines of MQTT."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

CONNECT, CONNACK, PUBLISH, PUBACK, DISCONNECT = 1, 2, 3, 4, 14


class Wire:
    """One client's connection, packet by packet."""

    def __init__(self, connection: socket.socket):
        self._stream = connection.makefile("rwb")

    def read(self) -> tuple[int, bytes]:
        """The kind and the body of the next packet; EOFError at the end."""
        kind = self._exactly(1)[0] >> 4
        length = shift = 0
        while True:
            digit = self._exactly(1)[0]
            length |= (digit & 127) << shift
            shift += 7
            if digit < 128:
                return kind, self._exactly(length)

    def connect(self) -> int:
        """Read a CONNECT and return the version of MQTT that it asks for."""
        kind, body = self.read()
        assert kind == CONNECT
        return body[6]

    def accept(self, properties: bytes | None = None) -> None:
        """Answer a CONNECT; version 5 takes properties, 3.1.1 none."""
        ending = b"" if properties is None else bytes([len(properties)]) + properties
        self.write(CONNACK, b"\0\0" + ending)

    def publish(self) -> tuple[bytes, str]:
        """Read a QoS 1 PUBLISH of MQTT 3.1.1 or 5: its id and payload."""
        mid, payload, _ = self.publish_with_properties()
        return mid, payload

    def publish_with_properties(self) -> tuple[bytes, str, bytes]:
        """The same, and its properties; the payload begins with no control character."""
        kind, body = self.read()
        assert kind == PUBLISH, kind
        start = 2 + int.from_bytes(body[:2])
        mid, rest = body[start : start + 2], body[start + 2 :]
        if not rest or rest[0] >= 32:
            return mid, rest.decode(), b""
        end = 1 + rest[0]
        return mid, rest[end:].decode(), rest[1:end]

    def confirm(self, mid: bytes, reason: int | None = None) -> None:
        """Write the PUBACK."""
        self.write(PUBACK, mid + (b"" if reason is None else bytes([reason, 0])))

    def write(self, kind: int, body: bytes, flags: int = 0) -> None:
        self._stream.write(bytes([kind << 4 | flags, len(body)]) + body)
        self._stream.flush()

    def _exactly(self, size: int) -> bytes:
        data = self._stream.read(size)
        if len(data) < size:
            raise EOFError
        return data


class FakeBroker:
    """Serves each connection with the next of `scripts`, the last one for ever."""

    def __init__(self, *scripts: Callable[[Wire], None]):
        self._scripts = list(scripts)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"mqtt://127.0.0.1:{self._listener.getsockname()[1]}"
        self.error: BaseException | None = None
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            script = self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0]
            with connection:
                try:
                    script(Wire(connection))
                except (EOFError, OSError):
                    pass
                except BaseException as error:
                    self.error = error
                    raise
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.close()


def accept_and_confirm(wire: Wire) -> None:
    """What a right broker does, in either version."""
    wire.accept(b"" if wire.connect() == 5 else None)
    while True:
        mid, _payload = wire.publish()
        wire.confirm(mid)

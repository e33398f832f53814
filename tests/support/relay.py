"""A way to a broker that can be cut, as where a network fails."""

from __future__ import annotations

import contextlib
import socket
import threading


class Relay:
    """Leads from `.url` to a port of this machine, over TCP."""

    def __init__(self, port: int):
        self._to = port
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"mqtt://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # it is closed
            while True:
                client, _ = self._listener.accept()
                try:
                    broker = socket.create_connection(("127.0.0.1", self._to))
                except OSError:
                    client.close()
                    continue
                self._open += [client, broker]
                for ends in ((client, broker), (broker, client)):
                    threading.Thread(target=self._lead, args=ends, daemon=True).start()

    def _lead(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for each in (source, sink):
            _end(each)

    def cut(self) -> None:
        """End the connections; others may be made."""
        ended, self._open = self._open, []
        for each in ended:
            _end(each)

    def close(self) -> None:
        """End the connections, and accept no others."""
        self._listener.close()
        self.cut()


def _end(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)

"""Answers GET /metrics, /healthz and /readyz, on threads of its own; takes what a part is sent."""

from __future__ import annotations

import io
import json
import logging
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from http.client import LineTooLong
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from threading import BoundedSemaphore, Lock, Thread
from typing import IO, Any

import click
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from telemetry.hosts import foreignness
from telemetry.options import HttpAddress
from telemetry.part import Part

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 16
"""Connections at a time; one more is closed at once. A scrape takes some milliseconds."""

PATIENCE = 10.0
"""Seconds that a client may take to send its request and to take the answer."""

MAX_HEAD = 16 * 1024
"""Bytes of the request line and the headers."""

MAX_BODY = 4 * 1024 * 1024
"""Bytes of a request that a part is sent."""

MAX_REQUESTS = 200
"""Requests in a second: answering them takes time from what the part is for."""

MAX_SCRAPES = 60
"""The same for /metrics, which takes some milliseconds."""

# What comes from here is no page, nothing of another page, and not kept.
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

# Python reads no number of some thousand digits.
_MAX_DIGITS = 20

Take = Callable[[bytes], None]
"""Takes the body of a request; raises BodyError."""


class BodyError(ValueError):
    """A part cannot read what it is sent; the text says why."""


class ListenError(click.ClickException):
    """One cannot listen at the address; the text says why."""

    exit_code = 2

    def show(self, file: IO[Any] | None = None) -> None:
        """Write it as a log line, if the command logs and its lines are JSON."""
        from telemetry import logs  # structlog takes a tenth of a second

        if logs.is_json():
            log.error("%s", self.message)
        else:
            super().show(file)


class HttpServer:
    """Answers requests until `close`, on threads that end with the process.

    :param takes: what takes the body of a POST, by its path; called on the threads of requests.
    :raises ListenError: if one cannot listen at the address.
    """

    def __init__(self, part: Part, address: HttpAddress, takes: Mapping[str, Take] | None = None):
        try:
            found = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)
            self._server = _Server(part, takes or {}, found[0], address.host)
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise ListenError(f"--http {address}: cannot listen there: {reason}") from error
        self._thread = Thread(target=self._server.serve_forever, name="http", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Answer no further request; another process can listen there."""
        self._server.shutdown()
        self._server.server_close()


class _Rate:
    """Counts what happens in a second; any thread may call it."""

    def __init__(self, most: int):
        self._most = most
        self._lock = Lock()
        self._second = 0
        self._count = 0

    def take(self) -> bool:
        """Return whether one more may happen now; it counts, too, if it may not."""
        second = int(time.monotonic())
        with self._lock:
            self._count = self._count + 1 if second == self._second else 1
            self._second = second
            return self._count <= self._most


class _Head(io.BufferedReader):
    """A request that is read: its line and headers, which are bounded, and then its body."""

    _left = MAX_HEAD

    def readline(self, _size: int | None = -1, /) -> bytes:
        line = super().readline(self._left)
        self._left -= len(line)
        if self._left == 0:
            raise LineTooLong("head")  # which http.server answers with 431
        return line


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = MAX_CONNECTIONS

    def __init__(self, part: Part, takes: Mapping[str, Take], found: tuple[Any, ...], host: str):
        self.part = part
        self.takes = takes
        self.host = host
        self.requests = _Rate(MAX_REQUESTS)
        self.scrapes = _Rate(MAX_SCRAPES)
        self.address_family = found[0]
        self._room = BoundedSemaphore(MAX_CONNECTIONS)
        # until when each open connection may be read, by the monotonic clock
        self._until: dict[socket.socket, float] = {}
        super().__init__(found[4], _Handler)

    def server_bind(self) -> None:
        # not that of HTTPServer, which asks the name service for a name that nobody reads
        TCPServer.server_bind(self)

    def process_request(self, request: Any, client_address: Any) -> None:
        if not self._room.acquire(blocking=False):
            self.shutdown_request(request)
            return
        self._until[request] = time.monotonic() + PATIENCE
        try:
            super().process_request(request, client_address)
        except RuntimeError:  # there is no room for one more thread
            self._leave(request)
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._leave(request)

    def service_actions(self) -> None:
        """Close what takes too long: the timeout of a socket begins anew with each byte."""
        now = time.monotonic()
        for request, until in list(self._until.items()):
            if now > until:
                with suppress(OSError):  # it is closed already
                    request.shutdown(socket.SHUT_RDWR)

    def _leave(self, request: Any) -> None:
        self._until.pop(request, None)
        self._room.release()

    def handle_error(self, *_of: Any) -> None:
        if not isinstance(sys.exception(), OSError):  # a client that has gone away
            log.exception("an HTTP request was not answered")


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "tickwire"
    sys_version = ""
    timeout = PATIENCE

    def setup(self) -> None:
        super().setup()
        self.rfile = _Head(self.rfile.detach())

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except LineTooLong:  # the first line
            self.requestline = self.request_version = self.command = ""
            self.send_error(HTTPStatus.REQUEST_URI_TOO_LONG)

    def parse_request(self) -> bool:
        return super().parse_request() and self._may_ask()

    def _may_ask(self) -> bool:
        """Whether the request is for this server, of none of a foreign page, and not too much."""
        hosts: list[str] = self.headers.get_all("Host", [])
        if len(hosts) > 1 or (not hosts and self.request_version == "HTTP/1.1"):  # RFC 9112, 3.2
            self._answer_json(400, {"error": "a request has one Host"})
        elif hosts and (
            error := foreignness(hosts[0], self.headers.get("Origin"), self.server.host)
        ):
            self._answer_json(403, {"error": error})
        elif self.server.requests.take() and (
            not self.path.startswith("/metrics") or self.server.scrapes.take()
        ):
            return True
        else:
            self._answer_json(429, {"error": "too many requests come in a second"})
        return False

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        part = self.server.part
        if path == "/metrics":
            self._answer(200, CONTENT_TYPE_PLAIN_0_0_4, generate_latest(part.registry))
        elif path == "/healthz":
            reason = part.stalled()
            fields = {"alive": True} if reason is None else {"alive": False, "reason": reason}
            self._answer_json(200 if reason is None else 503, fields)
        elif path == "/readyz":
            reasons = part.missing()
            fields = {"ready": not reasons, "part": f"{part}", "reasons": reasons}
            self._answer_json(503 if reasons else 200, fields)
        else:
            self._answer_json(404, {"error": "there are /metrics, /healthz and /readyz"})

    do_HEAD = do_GET  # noqa: N815

    def _refuse(self) -> None:
        self._answer_json(405, {"error": f"{self.command} is not answered, GET and HEAD are"})

    def do_POST(self) -> None:
        take = self.server.takes.get(self.path.partition("?")[0])
        length = self.headers.get("Content-Length", "")
        if take is None:
            self._refuse()
        elif not (length.isascii() and length.isdigit()):
            self._answer_json(411, {"error": "the length of the body is not given"})
        elif len(length) > _MAX_DIGITS or int(length) > MAX_BODY:
            self.close_connection = True
            self._answer_json(413, {"error": f"a body has at most {MAX_BODY:,} bytes"})
        else:
            try:
                take(self.rfile.read(int(length)))
            except BodyError as error:
                self._answer_json(400, {"error": f"{error}"})
            else:
                self._answer_json(200, {})

    do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _refuse  # noqa: N815

    def _answer_json(self, status: int, fields: dict[str, Any]) -> None:
        body = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
        self._answer(status, "application/json", body)

    def _answer(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        if status == 429:
            self.send_header("Retry-After", "1")
        if status == 405:
            self.send_header("Allow", "GET, HEAD")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, _more: str | None = None) -> None:
        """Answer what http.server cannot read, as all else is answered."""
        self.close_connection = True
        self._answer_json(code, {"error": message or HTTPStatus(code).phrase})

    def log_message(self, *_args: Any) -> None:
        """Log nothing: a scrape every few seconds is no event."""

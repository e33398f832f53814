"""A part that listens, and what one asks of it."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from typing import Any

import pytest

from telemetry.http import HttpServer, Take
from telemetry.options import HttpAddress
from telemetry.part import Part
from tests.support.processes import free_port


class Probe:
    """A part whose reasons a test sets, and its server."""

    def __init__(self, host: str = "127.0.0.1", takes: dict[str, Take] | None = None):
        self.reasons: list[str] = []
        self.stalled: str | None = None
        self.part = Part("test", "a/b", lambda: self.reasons, lambda: self.stalled)
        self.address = HttpAddress(host, free_port())
        self.server = HttpServer(self.part, self.address, takes)

    def ask(
        self,
        path: str,
        method: str = "GET",
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any, bytes]:
        connection = http.client.HTTPConnection(*self.address, timeout=10)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()


@pytest.fixture
def probe() -> Iterator[Probe]:
    probe = Probe()
    yield probe
    probe.server.close()

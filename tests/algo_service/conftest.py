"""A real service in a process of its own, and real ZeroRPC clients of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
import zerorpc

from tests.support.processes import Process, free_port


class Service:
    """`algo-service serve` at a free port."""

    def __init__(self, process: Process, address: str):
        self.process = process
        self.address = address
        self.process.wait_for("^serving on ")


@pytest.fixture
def serve(start: Callable[..., Process]) -> Callable[..., Service]:
    """Starts `algo-service serve` with options; awaits that it listens."""

    def starter(
        *options: object, host: str = "127.0.0.1", address: str | None = None, **settings: Any
    ) -> Service:
        address = address or f"tcp://{host}:{free_port()}"
        process = start("algo-service", "serve", "--addr", address, *options, **settings)
        return Service(process, address)

    return starter


@pytest.fixture
def connect() -> Iterator[Callable[[Service], zerorpc.Client]]:
    """Connects real clients and closes them after the test."""
    clients: list[zerorpc.Client] = []

    def connecter(service: Service) -> zerorpc.Client:
        clients.append(zerorpc.Client(service.address, timeout=60))
        return clients[-1]

    yield connecter
    for client in clients:
        client.close()

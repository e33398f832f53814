"""The pipeline's parts as real processes, at free ports."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.brokers import Broker
from tests.support.processes import Process, eventually, free_port, readyz


class Parts:
    """Starts the pipeline's parts at free ports."""

    def __init__(self, start: Callable[..., Process], folder: Path):
        self._start = start
        self._folder = folder

    def address(self) -> str:
        """An address that nothing listens on."""
        return f"tcp://127.0.0.1:{free_port()}"

    def file(self, name: str, code: str) -> Path:
        """A file of the user's own."""
        path = self._folder / name
        path.write_text(code)
        return path

    def service(self, *options: object, address: str | None = None, **settings: Any) -> Process:
        """Start `algo-service serve`; its address is at `.address`."""
        address = address or self.address()
        process = self._start("algo-service", "serve", "--addr", address, *options, **settings)
        process.address = address
        process.wait_for("^serving on ")
        return process

    def server(self, code: str) -> Process:
        """Start a plain `zerorpc.Server` from Python code that binds at `address`."""
        address = self.address()
        path = self.file("server.py", code)
        process = self._start("python", "-u", path, address)
        process.address = address
        return process

    def bridge(self, broker: Broker, backend: Process | str, *options: object, ready: bool = True,
               **settings: Any) -> Process:  # fmt: skip
        """Start `bridge-node`, and await its readiness."""
        rpc = backend if isinstance(backend, str) else backend.address
        return self._bridge(broker, "--rpc", rpc, *options, ready=ready, **settings)

    def discovering(self, broker: Broker, *options: object, ready: bool = True,
                    **settings: Any) -> Process:  # fmt: skip
        """Start `bridge-node --discover`, and await that an algorithm is served."""
        return self._bridge(broker, "--discover", *options, ready=ready, **settings)

    def _bridge(self, broker: Broker, *options: object, ready: bool, **settings: Any) -> Process:
        http = settings.pop("http", None) or free_port()
        process = self._start(
            "bridge-node", "--mqtt", broker.url, "--http", http, *options, **settings
        )
        process.http = http
        if ready:
            eventually(lambda: status(process) == 200, f"readiness; it printed:\n{process.output}")
        return process


def status(bridge: Process) -> int:
    """The HTTP status of the bridge's /readyz; 0 while it does not answer."""
    return readyz(bridge.http)


def readiness(part: Process, query: str = "") -> tuple[int, list[str]]:
    """Status and reasons of a part's /readyz; 0 while it does not answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{part.http}/readyz{query}") as answer:
            return answer.status, json.load(answer)["reasons"]
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)["reasons"]
    except OSError:
        return 0, []

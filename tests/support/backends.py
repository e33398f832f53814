"""Many backends in one process, each with a name and an address of its own, for tests of scale.

    python -m tests.support.backends PORT PORT …

The one at the n-th port is called `a<n>`. It buys one unit at each quote, and keeps its decisions
in memory: a quote that comes again gets the decision of the first time.
"""

from __future__ import annotations

import sys
from typing import Any

import gevent
import zerorpc


class Backend:
    """What the bridge calls."""

    def __init__(self, name: str):
        self._name = name
        self._decided: dict[str, dict[str, Any]] = {}

    def initialize(self, params: dict[str, Any]) -> list[str]:
        """Take the sample's channel."""
        return ["quotes"]

    def event(self, quote: dict[str, Any]) -> dict[str, Any]:
        """Buy; `events` is what the bridge calls."""
        return {"side": "buy", "sid": quote["sid"], "quantity": 1}

    def events(self, quotes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Decide on each."""
        return [self._decided.setdefault(quote["id"], self._decide(quote)) for quote in quotes]

    def snapshot(self) -> dict[str, Any]:
        """Tell the name."""
        return {"algo": self._name, "seq": 10**15 + len(self._decided), "quote_id": None}

    def _decide(self, quote: dict[str, Any]) -> dict[str, Any]:
        order = f'{{"id":"{quote["id"]}","sid":"{quote["sid"]}","side":"buy","quantity":1}}'
        return {"orders": [order], "fills": []}


def main(ports: list[str]) -> None:
    """Serve until the process ends."""
    servers = []
    for n, port in enumerate(ports):
        servers.append(zerorpc.Server(Backend(f"a{n}")))
        servers[-1].bind(f"tcp://127.0.0.1:{port}")
    sys.stdout.write(f"serving {len(servers)}\n")
    sys.stdout.flush()
    gevent.joinall([gevent.spawn(server.run) for server in servers])


if __name__ == "__main__":
    main(sys.argv[1:])

"""The pipeline of a drill: who is told of a fault, and how."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.brokers import Broker
from tests.support.parts import Parts, readiness
from tests.support.processes import Process, eventually, free_port
from tests.support.prometheus import Prometheus, in_seconds
from tests.support.watcher import Watcher

IS_LONG = os.environ.get("DRILL") == "long"
"""Whether the rules are as shipped. By default their minutes are seconds."""

PATIENCE = 900.0 if IS_LONG else 90.0
INTERVAL = 0.25


class Stand:
    """mosquitto, a service with a journal, a bridge, and Prometheus with the rules."""

    def __init__(
        self,
        broker: Broker,
        parts: Parts,
        watch: Callable[..., Watcher],
        start: Callable[..., Process],
        folder: Path,
    ):
        self.broker = broker
        self.parts = parts
        self.start = start
        self.folder = folder
        self.journal = folder / "journal" / "random.db"
        self.journal.parent.mkdir()
        self._watch = watch
        self._numbers = itertools.count(1)

    def begin(self, *options: object, env: dict[str, str] | None = None) -> None:
        """Start it, with these options of the service, and have it decide quotes."""
        self.http = free_port()
        self.service = self.serve(*options, env=env)
        self.bridge = self.parts.bridge(self.broker, self.service, env=env)
        self.watcher = self._watch(self.broker, "portfolios/+", "errors/#")
        self.ask(self.bridge.http, self.http)
        self.quote()
        eventually(
            lambda: self.watcher.raw("portfolios/random") or self.watcher.raw("errors/random"),
            "what became of a quote",
        )

    def serve(self, *options: object, address: str | None = None, env: Any = None) -> Process:
        """Start the service."""
        options = ("--http", self.http, "--journal", self.journal, *options)
        service = self.parts.service(*options, address=address, env=env)
        service.http = self.http
        return service

    def ask(self, *ports: int) -> None:
        """Start Prometheus, and await that these parts answer it."""
        edit = None if IS_LONG else in_seconds
        self.prometheus = Prometheus(self.start, self.folder / "monitoring", *ports, edit=edit)
        self.prometheus.await_scrape(len(ports))

    def quote(self, **fields: Any) -> None:
        """Publish a quote."""
        number = next(self._numbers)
        self.watcher.publish(
            {"sid": "GOOG", "quote": 100 + number % 7, "id": f"q{number}"} | fields
        )

    def await_told(
        self,
        *,
        alert: str,
        ready: Process,
        reason: str,
        log: Process,
        line: str,
        meanwhile: Callable[[], object] = lambda: None,
    ) -> None:
        """Await what tells of a fault: each at some time, as a reason may end before an alert.

        :param alert: its name.
        :param ready: the part whose `/readyz` has the reason.
        :param reason: a pattern of it.
        :param log: the part that logs the line.
        :param line: a pattern of it.
        :param meanwhile: is called again and again until then.
        """
        awaited = {"alert": alert, "reason": reason, "line": line}

        def told() -> bool:
            meanwhile()
            if alert in self.prometheus.firing():
                awaited.pop("alert", None)
            if any(re.search(reason, each) for each in readiness(ready)[1]):
                awaited.pop("reason", None)
            if re.search(line, log.output):
                awaited.pop("line", None)
            return not awaited

        try:
            eventually(told, "what tells of the fault", PATIENCE, INTERVAL)
        except AssertionError as error:
            error.add_note(
                f"missing: {awaited}; firing: {self.prometheus.firing()};"
                f" /readyz: {readiness(ready)}; log:\n{log.output[-3000:]}"
            )
            raise

    def await_over(self, alert: str, *parts: Process) -> None:
        """Await that it is over: the alert, and the reasons of these parts."""
        eventually(lambda: alert not in self.prometheus.firing(), f"no {alert}", PATIENCE, INTERVAL)
        for part in parts:
            eventually(lambda: readiness(part) == (200, []), f"readiness: {readiness(part)}")  # noqa: B023

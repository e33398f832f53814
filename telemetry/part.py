"""A part of the pipeline: who it is, what it counts, and whether it is useful."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version

from prometheus_client import Gauge

from telemetry.clock import ClockWatch
from telemetry.registry import new_registry


class Part:
    """What one process tells of itself, over HTTP and on `stats/<part>`.

    A command makes one, after its log is set up. Any thread may ask it, also before the part has
    begun and after it has ended; `missing` and `stalled` are called on the thread that asks.

    :param component: the kind of part, such as "algo"; a label.
    :param name: which one of its kind, such as the algorithm's name.
    :param missing: returns why the part is of no use just now, as sentences without a full stop;
        an empty list if it is.
    :param stalled: returns why its main loop no longer turns, as one sentence; None if it does.
    """

    def __init__(
        self,
        component: str,
        name: str,
        missing: Callable[[], list[str]],
        stalled: Callable[[], str | None] = lambda: None,
    ):
        self.component = component
        self.name = name
        self._missing = missing
        self._clock = ClockWatch()
        self.stalled = stalled
        self.version = version("tickwire")
        self.instance = secrets.token_hex(4)
        """Of this start of the process: eight hexadecimal digits."""
        self.since = instant(time.time())
        """When it was made, as ISO 8601 with milliseconds."""
        self.registry = new_registry(component, self.version)
        """Where the part adds its metrics: read by /metrics and for `stats/<part>`."""
        Gauge(
            "tickwire_ready", "Whether the part is useful, as /readyz says", registry=self.registry
        ).set_function(lambda: not self.missing())

    def missing(self) -> list[str]:
        """Return why the part is of no use just now, or that the clock was set."""
        return [*self._missing(), *self._clock.missing()]

    def __str__(self) -> str:
        return f"{self.component}:{self.name}"


def instant(seconds: float) -> str:
    """Return a time, in seconds since 1970, as ISO 8601 with milliseconds."""
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")

"""The registry of a process' metrics, with those that every process has."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Metric,
    ProcessCollector,
    disable_created_metrics,
)

# a sample more for each counter and histogram, which nobody asks for
disable_created_metrics()  # type: ignore[no-untyped-call]


def new_registry(component: str, version: str) -> CollectorRegistry:
    """Make the registry of a process; a process has one."""
    registry = CollectorRegistry(auto_describe=False)
    _ProcessCollector(registry=registry)
    build = Gauge(
        "tickwire_build_info",
        "1; the labels say what runs",
        ["component", "version"],
        registry=registry,
    )
    build.labels(component, version).set(1)
    began = time.time() - time.monotonic()
    Gauge(
        "tickwire_clock_shift_seconds",
        "How far the wall clock has moved against the monotonic one since the start",
        registry=registry,
    ).set_function(lambda: time.time() - time.monotonic() - began)
    _count_log_lines(registry)
    return registry


class _ProcessCollector(ProcessCollector):
    """Those of the process that the parts in Node.js have as well."""

    _NAMES = frozenset(
        {
            "process_cpu_seconds",
            "process_open_fds",
            "process_resident_memory_bytes",
            "process_start_time_seconds",
        }
    )

    def collect(self) -> Iterator[Metric]:
        """Yield them; on a system without /proc there are none."""
        return (each for each in super().collect() if each.name in self._NAMES)


def _count_log_lines(registry: CollectorRegistry) -> None:
    counter = Counter(
        "tickwire_log_lines_total",
        "Lines that were logged at the level warning or error",
        ["level"],
        registry=registry,
    )
    logging.getLogger().addHandler(_Counting(counter))


class _Counting(logging.Handler):
    """Counts the records that are at least warnings; it writes nothing."""

    def __init__(self, counter: Counter):
        super().__init__(logging.WARNING)
        self._warnings = counter.labels("warning")
        self._errors = counter.labels("error")

    def emit(self, record: logging.LogRecord) -> None:
        """Count one."""
        (self._errors if record.levelno >= logging.ERROR else self._warnings).inc()

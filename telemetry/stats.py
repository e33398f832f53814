"""The message on `stats/<part>`, by contracts/stats.schema.json."""

from __future__ import annotations

import json
import math
import time
from typing import Any

from telemetry.part import Part, instant

INTERVAL = 1.0
"""Seconds from one message to the next."""

_OF_PROCESS = ("process_resident_memory_bytes", "process_cpu_seconds_total")


def stats_message(part: Part) -> str:
    """Return the message: who the part is, whether it is useful, and the samples of /metrics."""
    reasons = part.missing()
    fields = {
        "part": str(part),
        "component": part.component,
        "name": part.name,
        "instance": part.instance,
        "version": part.version,
        "at": instant(time.time()),
        "since": part.since,
        "ready": not reasons,
        "reasons": reasons,
        "samples": _samples(part),
    }
    return json.dumps(fields, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _samples(part: Part) -> list[list[Any]]:
    return [
        [sample.name, sample.labels, sample.value if math.isfinite(sample.value) else None]
        for metric in part.registry.collect()
        for sample in metric.samples
        if sample.name.startswith("tickwire_") or sample.name in _OF_PROCESS
    ]

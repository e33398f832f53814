"""A pipeline with Prometheus beside it, to which faults are done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.operation.drill.stand import Stand
from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import Process
from tests.support.watcher import Watcher


@pytest.fixture
def stand(
    mosquitto: Broker,
    parts: Parts,
    watch: Callable[..., Watcher],
    start: Callable[..., Process],
    tmp_path: Path,
) -> Stand:
    """A pipeline that a test begins."""
    return Stand(mosquitto, parts, watch, start, tmp_path)

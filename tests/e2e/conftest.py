"""The whole pipeline in real processes: a broker, services, bridges, and a client that watches."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.bridge_cli import BridgeCli
from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import Process
from tests.support.watcher import Watcher


@pytest.fixture
def watch() -> Iterator[Callable[..., Watcher]]:
    """Makes watchers and disconnects them after the test."""
    watchers: list[Watcher] = []

    def watcher(broker: Broker, *topics: str) -> Watcher:
        outputs = topics or ("orders/#", "fills/#", "errors/#", "portfolios/#")
        watchers.append(Watcher(broker, *outputs))
        return watchers[-1]

    yield watcher
    for each in watchers:
        each.close()


@pytest.fixture
def parts(start: Callable[..., Process], tmp_path: Path) -> Parts:
    """Starts services and bridges that end with the test."""
    return Parts(start, tmp_path)


@pytest.fixture(scope="session")
def bridge_cli() -> Iterator[BridgeCli]:
    """Runs `bridge-node` with words that it refuses."""
    cli = BridgeCli()
    yield cli
    cli.close()

"""Fixtures that every test may ask for: processes that end with the test, and brokers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.support.brokers import MOSQUITTO, Broker
from tests.support.processes import Process

# No test is red because the machine is busy.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest, so that it is not what the other workers wait for at the end."""
    items.sort(key=lambda item: item.path.name != "test_chaos.py")


@pytest.fixture
def start() -> Iterator[Callable[..., Process]]:
    """Starts processes and ends them after the test."""
    running: list[Process] = []

    def starter(*command: object, **options: object) -> Process:
        running.append(Process(*command, **options))
        return running[-1]

    yield starter
    for process in reversed(running):
        process.end()


@pytest.fixture
def mosquitto(start: Callable[..., Process], tmp_path: Path) -> Broker:
    """A real mosquitto with the shipped configuration."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed: `apt-get install mosquitto` to run this test")
    return Broker("mosquitto", tmp_path, start)


@pytest.fixture
def embedded(start: Callable[..., Process], tmp_path: Path) -> Broker:
    """The broker that `bridge-node broker` starts."""
    return Broker("embedded", tmp_path, start)


@pytest.fixture(params=["mosquitto", "embedded"])
def broker(request: pytest.FixtureRequest) -> Broker:
    """Each broker in turn: the test must hold on both."""
    return request.getfixturevalue(request.param)

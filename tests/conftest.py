"""Fixtures that every test may ask for: processes that end with the test, and brokers."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.support.brokers import MOSQUITTO, Broker
from tests.support.claimant import Claimant
from tests.support.postgres import BIN as POSTGRES
from tests.support.postgres import Postgres
from tests.support.processes import Process, started

E2E = Path(__file__).parent / "e2e"
DASHBOARD = E2E / "dashboard"
DELIVERY = E2E / "delivery"

# Files and tests, by a part of their names: whole backtests, thousands of random runs, large files.
SLOW = (
    "test_any_file.py",
    "test_backtest",
    "test_fuzz.py",
    "test_properties.py",
    "test_report.py",
    "test_values.py",
    "test_warm_up.py",
    "_bounded_memory",
    "_a_few_rows_at_a_time",
    "_as_if_it_had_not_stopped",
    "_memory_does_not_grow",
)

# The tests read what processes log as a person does; those of the formats set it themselves.
os.environ["LOG_FORMAT"] = "text"

# To compile a command anew at each start takes as long as to run it.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# Those that commands set.
LOGGERS = (
    *("algo_service.engine", "algo_service.commands.serve", "zerorpc"),
    *("apprise", "requests", "urllib3"),
)

# No test is red because the machine is busy.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Set the markers. Begin with the longest, for which the other workers would wait.

    End with those of the dashboard: a browser gives up what it loads when networks change, as
    Docker changes them in `.ci/run` while it tries the compose file.
    """
    for item in items:
        if E2E in item.path.parents:
            item.add_marker(pytest.mark.e2e)
        if starts_processes(item):
            item.add_marker(pytest.mark.processes)
        if any(name in f"{item.path.name}::{item.name}" for name in SLOW):
            item.add_marker(pytest.mark.slow)
    items.sort(key=lambda item: (DASHBOARD in item.path.parents, item.path.name != "test_chaos.py"))


def starts_processes(item: pytest.Item) -> bool:
    """Whether a test starts processes: by the fixture `start`, or in a module with `subprocess`."""
    module = vars(getattr(item, "module", None) or object)
    fixtures = getattr(item, "fixturenames", ())
    started = {"start", "postgres"}.intersection(fixtures)
    return E2E in item.path.parents or bool(started) or "subprocess" in module


@pytest.fixture(autouse=True)
def log_of_its_own() -> Iterator[None]:
    """A command that a test calls in this process logs for it alone."""
    root = logging.getLogger()
    before = root.level, [*root.handlers], sys.excepthook, threading.excepthook
    set_by_commands = [logging.getLogger(name) for name in LOGGERS]
    settings_before = [(logger.level, logger.propagate) for logger in set_by_commands]
    yield
    for logger, (level, propagate) in zip(set_by_commands, settings_before, strict=True):
        logger.setLevel(level)
        logger.propagate = propagate
    logging.captureWarnings(False)
    root.handlers = before[1]
    root.setLevel(before[0])
    sys.excepthook, threading.excepthook = before[2:]


@pytest.fixture
def start() -> Iterator[Callable[..., Process]]:
    """Starts processes and ends them after the test."""
    with started() as starter:
        yield starter


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL cluster of this process."""
    if POSTGRES is None:
        pytest.skip("PostgreSQL is not installed: `apt-get install postgresql` to run this test")
    cluster = Postgres()
    yield cluster
    cluster.remove()


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


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test its brokers: of the whole pipeline, only delivery depends on which one it is."""
    if "broker" in metafunc.fixturenames:
        folders = metafunc.definition.path.parents
        is_on_both = E2E not in folders or DELIVERY in folders
        kinds = ["mosquitto", "embedded"] if is_on_both else ["mosquitto"]
        metafunc.parametrize("broker", kinds, indirect=True)


@pytest.fixture
def broker(request: pytest.FixtureRequest) -> Broker:
    """Each broker in turn: the test must hold on both."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def claim() -> Iterator[Callable[..., Claimant]]:
    """Makes those who claim an algorithm; they end with the test."""
    made: list[Claimant] = []

    def make(*args: Any, **options: Any) -> Claimant:
        made.append(Claimant(*args, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()

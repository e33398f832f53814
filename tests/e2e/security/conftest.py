"""One broker for all tests of a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.support.brokers import MOSQUITTO
from tests.support.processes import Process, started


@pytest.fixture(scope="module")
def start_once() -> Iterator[Callable[..., Process]]:
    """Starts processes and ends them after the tests of the module."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed: `apt-get install mosquitto` to run this test")
    with started() as starter:
        yield starter

"""A real pipeline with a page of its dashboard in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.brokers import Broker
from tests.support.browser import CHROMIUM, Faults, browser
from tests.support.parts import Parts
from tests.support.processes import Process


@pytest.fixture
def parts(start: Callable[..., Process], tmp_path: Path) -> Parts:
    """Starts the pipeline's parts."""
    return Parts(start, tmp_path)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of this process."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: `apt-get install chromium` to run this test")
    expect.set_options(timeout=30_000)
    with browser() as started:
        yield started


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A page that is open in a window of its own, without a mistake of its code until the end."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    faults = Faults(opened)
    yield opened
    context.close()
    assert faults.found == []


class Pipeline:
    """A broker, a service that is announced, and a bridge with its dashboard."""

    def __init__(self, broker: Broker, parts: Parts):
        self.broker = broker
        self.parts = parts

    def serve(self, *options: object, **settings: object) -> Process:
        """Start a service that is announced."""
        return self.parts.service("--announce", self.broker.url, *options, **settings)

    def begin(self, *options: object, **settings: object) -> str:
        """Start a bridge that serves what is announced; return the address of the dashboard."""
        self.bridge = self.parts.discovering(self.broker, *options, **settings)
        return self.address

    @property
    def address(self) -> str:
        """The address that the bridge has printed, with its token."""
        return self.bridge.wait_for("^dashboard: ").removeprefix("dashboard: ")


@pytest.fixture
def pipeline(broker: Broker, parts: Parts) -> Pipeline:
    """On each broker in turn."""
    return Pipeline(broker, parts)


@pytest.fixture
def on_mosquitto(mosquitto: Broker, parts: Parts) -> Pipeline:
    """On mosquitto alone."""
    return Pipeline(mosquitto, parts)

"""A real pipeline with a page of its dashboard in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.brokers import MOSQUITTO, Broker
from tests.support.browser import CHROMIUM, Faults, browser
from tests.support.parts import Parts
from tests.support.processes import Process, started

Look = Callable[[str], Page]


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


RANDOM = ("--algo", "random", "--param", "threshold=0", "--param", "seed=1")
"""It orders at every quote."""

OTHER = """
class Other:
    def initialize(self, params):
        return ["others"]

    def event(self, data):
        return None
"""


@pytest.fixture
def pipeline(broker: Broker, parts: Parts) -> Pipeline:
    """On each broker in turn."""
    return Pipeline(broker, parts)


@pytest.fixture
def on_mosquitto(mosquitto: Broker, parts: Parts) -> Pipeline:
    """On mosquitto alone."""
    return Pipeline(mosquitto, parts)


@pytest.fixture(scope="session")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """One with RANDOM and OTHER for all tests of this process that leave it as it is.

    They may publish quotes of GOOG, with ids of their own: pages show the orders of the past, too.
    """
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed: `apt-get install mosquitto` to run this test")
    folder = tmp_path_factory.mktemp("lasting")
    with started() as start:
        pipeline = Pipeline(Broker("mosquitto", folder, start), Parts(start, folder))
        pipeline.serve(*RANDOM)
        pipeline.serve(
            "--algo", f"{pipeline.parts.file('other.py', OTHER)}:Other", "--name", "other"
        )
        pipeline.begin()
        yield pipeline


@pytest.fixture(scope="session")
def lasting_page(chromium: Browser, lasting: Pipeline) -> Iterator[tuple[Page, Faults]]:
    """A page of the lasting pipeline that stays open."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.set_default_timeout(30_000)
    faults = Faults(page)
    page.goto(lasting.address)
    yield page, faults
    context.close()


@pytest.fixture
def look(lasting_page: tuple[Page, Faults]) -> Iterator[Look]:
    """Opens a view of the lasting pipeline, in a page that other tests have looked at."""
    page, faults = lasting_page

    def open_view(view: str) -> Page:
        page.evaluate("view => { location.hash = view; }", view)
        expect(page.get_by_role("status").first).to_contain_text("connected broker")
        return page

    yield open_view
    assert faults.found == []

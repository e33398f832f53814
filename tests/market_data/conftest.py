"""Subscribers and misbehaving brokers, closed after the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.market_data.fake_broker import FakeBroker, Wire
from tests.market_data.page import Page
from tests.market_data.subscriber import Subscriber


@pytest.fixture
def subscribe() -> Iterator[Callable[..., Subscriber]]:
    """Makes subscribers."""
    with ExitStack() as stack:

        def subscriber(*arguments: object) -> Subscriber:
            made = Subscriber(*arguments)
            stack.callback(made.close)
            return made

        yield subscriber


@pytest.fixture
def fake_broker() -> Iterator[Callable[..., FakeBroker]]:
    """Makes brokers that follow a script."""
    with ExitStack() as stack:

        def broker(*scripts: Callable[[Wire], None]) -> FakeBroker:
            made = FakeBroker(*scripts)
            stack.callback(made.close)
            return made

        yield broker


@pytest.fixture
def page() -> Iterator[Page]:
    """A page that answers 503 until its status is changed."""
    page = Page()
    yield page
    page.close()

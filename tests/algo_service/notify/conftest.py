"""Receivers that end with their test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.receivers import MailServer, Webhook


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    """A webhook on this machine."""
    webhook = Webhook()
    yield webhook
    webhook.close()


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A mail server on this machine."""
    server = MailServer()
    yield server
    server.close()

"""Debian's Chromium, driven by Playwright, and what a page of the dashboard shows."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium")

# Without them it looks for hosts of its maker at every start.
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def browser() -> Iterator[Browser]:
    """Start a browser of this process' own."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET])
        yield started
        started.close()


class Faults:
    """What went wrong in a page: errors of its code, and what its policy has blocked."""

    def __init__(self, page: Page):
        self.found: list[str] = []
        page.on("pageerror", lambda error: self.found.append(str(error)))
        page.on("console", self._take)

    def _take(self, message: Any) -> None:
        # a connection that fails while a part is down is logged by the browser itself
        if message.type == "error" and "WebSocket" not in message.text:
            self.found.append(message.text)

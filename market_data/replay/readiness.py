"""Waits for somebody to be ready, by asking for a page."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPException
from urllib.error import HTTPError

from market_data.errors import NotReadyError
from market_data.stopping import Stop

# Seconds between two requests, and for one answer.
_INTERVAL = 0.2
_PATIENCE = 5.0
# Parts that start together are not ready at once, which is nothing to report.
_QUIET = 1.0
# What is shown of a page, in bytes.
_MAX_BODY = 2_000


def await_ready(url: str, stop: Stop, notify: Callable[[str], None]) -> None:
    """Return once a GET of `url` answers 200; Interrupted when asked to stop.

    `notify` gets a sentence, once, if the page is not ready within a second; then what a page that
    answers 503 says, whenever that changes.

    :raises NotReadyError: if it answers 409: another one than was meant is there.
    """
    # no proxies: it is a part of the same pipeline that is asked
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    begun = time.monotonic()
    said = False
    shown: list[str] = []
    while True:
        status, lines = _ask(opener, url, stop)
        if status == HTTPStatus.OK:
            return
        if status == HTTPStatus.CONFLICT:
            raise NotReadyError(url, " ".join(lines) or "it answers 409")
        if time.monotonic() - begun >= _QUIET:
            if not said:
                notify(f"waiting for {url} to be ready")
                said = True
            if status == HTTPStatus.SERVICE_UNAVAILABLE and lines != shown:
                shown = lines
                for line in lines:
                    notify(f"  {line}")
        with stop.interruptible():
            time.sleep(_INTERVAL)


def _ask(opener: urllib.request.OpenerDirector, url: str, stop: Stop) -> tuple[int, list[str]]:
    """Return the status, 0 where nobody answers, and the lines of a page in plain text."""
    try:
        with stop.interruptible(), opener.open(url, timeout=_PATIENCE) as answer:
            return int(answer.status), []
    except HTTPError as error:
        with stop.interruptible(), error:
            return error.code, _lines(error)
    except (OSError, HTTPException):
        return 0, []


def _lines(page: HTTPError) -> list[str]:
    if page.headers.get_content_type() != "text/plain":
        return []
    try:
        text = page.read(_MAX_BODY).decode(errors="replace")
    except (OSError, HTTPException):
        return []
    # nothing that a terminal would obey
    lines = ("".join(c if c.isprintable() else " " for c in line) for line in text.splitlines())
    return [line.strip() for line in lines if line.strip()]

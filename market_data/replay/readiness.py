"""Waits until the reader of the quotes is ready, by requesting a page."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPException
from urllib.error import HTTPError

from market_data.errors import NotReadyError
from market_data.stopping import Stop

_INTERVAL = 0.2
"""Seconds between two requests."""

_PATIENCE = 5.0
"""Seconds to wait for one answer."""

_QUIET = 1.0
"""Seconds for which a page that is not ready is not reported: parts that start together are not
ready at once."""

_MAX_BODY = 1_000_000
"""Bytes of a page that are read."""

_MAX_SHOWN = 20
"""Reasons of a page that are shown."""


def await_ready(url: str, stop: Stop, notify: Callable[[str], None]) -> None:
    """Return once a GET of `url` answers 200; Interrupted if `stop` is requested.

    :param notify: called with a sentence, once, if the page is not ready within a second; then with
        the `reasons` of a page that answers 503, whenever they change.
    :raises NotReadyError: if it answers 409: the page belongs to another run.
    """
    # no proxies: the page is one of the same pipeline
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    started = time.monotonic()
    reported = False
    shown: list[str] = []
    while True:
        status, lines = _ask(opener, url, stop)
        if status == HTTPStatus.OK:
            return
        if status == HTTPStatus.CONFLICT:
            raise NotReadyError(url, " ".join(lines) or "it answers 409")
        if time.monotonic() - started >= _QUIET:
            if not reported:
                notify(f"waiting for {url} to be ready")
                reported = True
            if status == HTTPStatus.SERVICE_UNAVAILABLE and lines != shown:
                shown = lines
                for line in lines:
                    notify(f"  {line}")
        with stop.interruptible():
            time.sleep(_INTERVAL)


def _ask(opener: urllib.request.OpenerDirector, url: str, stop: Stop) -> tuple[int, list[str]]:
    """Return the status, 0 without an answer, and the `reasons` of a page in JSON."""
    try:
        with stop.interruptible(), opener.open(url, timeout=_PATIENCE) as answer:
            return int(answer.status), []
    except HTTPError as error:
        with stop.interruptible(), error:
            return error.code, _lines(error)
    except (OSError, HTTPException):
        return 0, []


def _lines(page: HTTPError) -> list[str]:
    try:
        answer = json.loads(page.read(_MAX_BODY))
    except (OSError, HTTPException, ValueError, RecursionError):
        return []
    reasons = answer.get("reasons") if isinstance(answer, dict) else None
    if not isinstance(reasons, list):
        return []
    texts = [reason for reason in reasons[:_MAX_SHOWN] if isinstance(reason, str)]
    # no control characters for the terminal
    return ["".join(c if c.isprintable() else " " for c in text) for text in texts]

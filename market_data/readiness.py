"""Waits for somebody to be ready, by asking for a page."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from http.client import HTTPException

from market_data.stopping import Stop

# Seconds between two requests, and for one answer.
_INTERVAL = 0.2
_PATIENCE = 5.0


def await_ready(url: str, stop: Stop, notify: Callable[[str], None]) -> None:
    """Return once a GET of `url` answers 200; Interrupted when asked to stop.

    `notify` gets a sentence, once, if the first answer is another one, or none.
    """
    # no proxies: it is a part of the same pipeline that is asked
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    said = False
    while not _answers(opener, url, stop):
        if not said:
            notify(f"waiting for {url} to be ready")
            said = True
        with stop.interruptible():
            time.sleep(_INTERVAL)


def _answers(opener: urllib.request.OpenerDirector, url: str, stop: Stop) -> bool:
    try:
        with stop.interruptible(), opener.open(url, timeout=_PATIENCE) as answer:
            return bool(answer.status == HTTPStatus.OK)
    except (OSError, HTTPException):
        return False

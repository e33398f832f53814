"""Recognises messages that come again: the same topic and bytes, with an id in them."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any

MAX_REMEMBERED = 200_000
"""The latest messages, which take about 30 MB. What comes again was sent shortly before: up to
1,000 that were not acknowledged, and what feeds and bridges publish again of their last 20
seconds."""


class Repeats:
    """Remembers the latest messages by their digests.

    :param limit: how many.
    """

    def __init__(self, limit: int = MAX_REMEMBERED):
        self._limit = limit
        self._digests: dict[bytes, None] = {}

    def is_new(self, topic: str, payload: bytes) -> bool:
        """Remember a message; return False if it has an id, and is one of the latest."""
        digest = _digest(topic, payload)
        # the same bytes without an id are another message: a price may come twice
        if digest in self._digests:
            return not has_id(payload)
        self._digests[digest] = None
        if len(self._digests) > self._limit:
            del self._digests[next(iter(self._digests))]
        return True

    def forget(self, topic: str, payload: bytes) -> None:
        """Forget a message that was not kept."""
        self._digests.pop(_digest(topic, payload), None)


def has_id(payload: bytes) -> bool:
    """Tell whether a message has an id by the contract; an array, whether all of its elements do.

    A field with null counts as absent.
    """
    try:
        message = json.loads(payload)
    except (ValueError, RecursionError):
        return False
    if isinstance(message, list):
        return bool(message) and all(map(_has_id, message))
    return _has_id(message)


def _has_id(message: Any) -> bool:
    return isinstance(message, dict) and message.get("id") not in (None, "")


def _digest(topic: str, payload: bytes) -> bytes:
    return blake2b(b"%b\0%b" % (topic.encode(), payload), digest_size=16).digest()

"""Recognises what comes again: after a reconnect, orders and fills do."""

from __future__ import annotations

from collections import deque

MAX_IDS = 10_000
"""The number of ids that are kept."""


class RecentIds:
    """The latest ids."""

    def __init__(self) -> None:
        self._ids: deque[str] = deque(maxlen=MAX_IDS)
        self._known: set[str] = set()

    def is_new(self, key: str) -> bool:
        """Record an id; return False if it came before."""
        if key in self._known:
            return False
        if len(self._ids) == MAX_IDS:
            self._known.discard(self._ids[0])
        self._ids.append(key)
        self._known.add(key)
        return True

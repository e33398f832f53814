"""What parts of times mean is kept: most times share their parts with others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

# Every second of a day.
_MAX_CACHED = 86_400

Part = TypeVar("Part")
Meaning = TypeVar("Meaning")


class Cache(dict[Part, Meaning]):
    """What parts mean, read once while it is kept; when it is full it begins again.

    :param read: returns what a part means, or raises InvalidTimeError.
    """

    def __init__(self, read: Callable[[Part], Meaning]):
        super().__init__()
        self._read = read

    def __missing__(self, part: Part) -> Meaning:
        found = self._read(part)
        if len(self) >= _MAX_CACHED:
            self.clear()
        self[part] = found
        return found

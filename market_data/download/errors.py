"""What can be wrong with a download; each error reads as one sentence."""

from __future__ import annotations

from collections.abc import Collection

from market_data.errors import FeedError
from portfolio.nearest import did_you_mean


class UnknownNameError(FeedError):
    """An exchange, or a symbol of one, that there is not."""

    def __init__(self, what: str, name: str, known: Collection[str]):
        hint = did_you_mean(name, known) if len(known) <= MAX_LISTED else _near(name, known)
        super().__init__(f'there is no {what} "{name}"{hint}')
        self.name = name


MAX_LISTED = 20
"""The names that an error lists at most."""


def _near(name: str, known: Collection[str]) -> str:
    near = did_you_mean(name, known)
    return near if near.startswith(":") else f"; {len(known):,} others are known"


class ExchangeError(FeedError):
    """An exchange that cannot be used: what it, or the library, says."""

    def __init__(self, exchange: str, reason: str, hint: str = ""):
        super().__init__(f"{exchange}: {reason}{hint}")
        self.exchange = exchange
        self.reason = reason


class DownloadFolderError(FeedError):
    """A folder that a download cannot write: what was found, and what is expected instead."""

    def __init__(self, path: str, found: str, expected: str):
        super().__init__(f"{path}: {found}; expected {expected}")
        self.path = path
        self.found = found
        self.expected = expected

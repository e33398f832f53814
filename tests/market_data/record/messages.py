"""Messages as the subscriber hands them out, and what a folder holds of them."""

from __future__ import annotations

import itertools
from pathlib import Path

from market_data import Received
from market_data.feeds.recording.reading import rows

START = 1_704_153_600_000_000_000
"""2024-01-02 in nanoseconds."""

_numbers = itertools.count(1)


def received(payload: str | bytes, topic: str = "quotes", arrived: int = START) -> Received:
    """A message that arrives now."""
    bytes_ = payload if isinstance(payload, bytes) else payload.encode()
    return Received(topic, bytes_, arrived, False, False, next(_numbers))


def quote(number: int, sid: str = "GOOG") -> Received:
    """A quote with an id, a second after the one before it."""
    text = f'{{"sid": "{sid}", "quote": {100 + number}, "id": "r:{number}"}}'
    return received(text, arrived=START + number * 1_000_000_000)


def payloads(folder: Path) -> list[bytes]:
    """What is kept, in order."""
    return [row.payload for row in rows(folder)]

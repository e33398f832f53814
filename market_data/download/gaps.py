"""What is missing in a download, found in its files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from portfolio.times import iso_8601_full

_MS = 10**6  # nanoseconds


class Gap(NamedTuple):
    """Candles that the exchange does not have: from the first missing one to the next there is."""

    sid: str
    start: int
    end: int
    """In ms since 1970."""
    candles: int

    def fields(self) -> dict[str, str | int]:
        """Return what the file of gaps has of it."""
        return {"sid": self.sid, "from": as_text(self.start), "to": as_text(self.end)} | {
            "candles": self.candles
        }


def find_gaps(sid: str, times: Iterable[int], start: int, end: int, length: int) -> Iterator[Gap]:
    """Yield the gaps of candles that open at these times, in their order.

    :param start: when the first one is expected to open.
    :param end: by when the last one is expected to have closed.
    :param length: of a candle, in ms, as all times here.
    """
    expected = start
    for at in times:
        if at - expected >= length:
            yield Gap(sid, expected, at, (at - expected) // length)
        expected = at + length
    if end - expected >= length:
        missing = (end - expected) // length
        yield Gap(sid, expected, expected + missing * length, missing)


def as_text(ms: int) -> str:
    """Return a time as text: 2024-01-01T00:00:00Z."""
    return iso_8601_full(ms * _MS)

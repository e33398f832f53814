"""A bar that is complete, and the quote that it becomes."""

from __future__ import annotations

from typing import Any, NamedTuple

from market_data.bars.interval import Interval
from portfolio.times import MAX_SAFE, iso_8601_full

LAST = 10**6
"""Nanoseconds between the end of a bar as its time is given, its last millisecond, and the next
bar: so the last bar of a day is of that day."""


class Bar(NamedTuple):
    """What the quotes of one instrument came to in one interval; prices in cash per unit."""

    interval: Interval
    sid: str
    end: int
    """The instant at which the next interval begins."""
    open: float
    high: float
    low: float
    close: float
    volume: float | None
    """Units traded; None if no quote tells."""
    of: list[Any] | None = None
    """Channel, id and ts of the quote that closed it, or the one before if it is empty; None if
    that has none."""

    @property
    def at(self) -> int:
        """The instant of its time."""
        return self.end - LAST

    @property
    def ts(self) -> str:
        """Its time: the last millisecond, such as 2024-01-10T10:04:59.999Z."""
        return iso_8601_full(self.at)

    @property
    def id(self) -> str:
        """Its id, which is that of no other bar: such as 5m:GOOG:2024-01-10T10:04:59.999Z."""
        return f"{self.interval.name}:{self.sid}:{self.ts}"

    @property
    def fields(self) -> dict[str, Any]:
        """The fields of the quote beside its own ones, as every language has their numbers."""
        fields = {
            "open": _plain(self.open),
            "high": _plain(self.high),
            "low": _plain(self.low),
            "close": _plain(self.close),
        }
        if self.volume is not None:
            fields["volume"] = _plain(self.volume)
        return fields

    def message(self) -> dict[str, Any]:
        """Return the quote, without a channel: that is where it is published."""
        return {
            "sid": self.sid,
            "quote": self.close,
            "ts": self.ts,
            "id": self.id,
            **self.fields,
            **({} if self.of is None else {"of": self.of}),
        }


def _plain(number: float) -> int | float:
    return int(number) if number.is_integer() and abs(number) <= MAX_SAFE else number

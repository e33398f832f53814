"""Hours in which only what is urgent is told."""

from __future__ import annotations

import re
from datetime import datetime, time, tzinfo
from typing import NamedTuple

_TIME = r"([01]?\d|2[0-3]):([0-5]\d)"


class QuietHoursError(ValueError):
    """A text is no period of the day; the text says which form is expected."""


class QuietHours(NamedTuple):
    """A period of each day, by the clock on the wall of a zone."""

    begin: time
    end: time
    zone: tzinfo | None
    """None is that of this computer."""

    @classmethod
    def parse(cls, text: str, zone: tzinfo | None) -> QuietHours:
        """Read a text such as `22:00-07:00`; QuietHoursError if it has another form."""
        found = re.fullmatch(
            r"([01]?\d|2[0-3]):([0-5]\d)-([01]?\d|2[0-3]):([0-5]\d)", text, re.ASCII
        )
        if not found:
            raise QuietHoursError(f'"{text}" is no period of the day: write 22:00-07:00')
        hour, minute, to_hour, to_minute = map(int, found.groups())
        begin, end = time(hour, minute), time(to_hour, to_minute)
        if begin == end:
            raise QuietHoursError(f'"{text}" begins when it ends: write 22:00-07:00')
        return cls(begin, end, zone)

    def has(self, at: float) -> bool:
        """Return whether an instant, in seconds since 1970, is in the period."""
        clock = local(at, self.zone).time()
        if self.begin < self.end:
            return self.begin <= clock < self.end
        return clock >= self.begin or clock < self.end  # over midnight


def local(at: float, zone: tzinfo | None) -> datetime:
    """Return an instant by the clock on the wall of a zone; None is that of this computer."""
    return datetime.fromtimestamp(at, zone) if zone else datetime.fromtimestamp(at).astimezone()

"""Local times: which instant a clock on the wall of some zone means, and how that is written."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from market_data.errors import ReadOptionError
from portfolio.nearest import nearest
from portfolio.times import SECOND, iso_8601_full

_EPOCH = datetime(1970, 1, 1)
# Offsets change at full quarters of an hour.
_QUARTER = 900 * SECOND


def find_zone(name: str) -> tzinfo:
    """Return the zone of an IANA name, or of a fixed offset such as -05:00.

    :raises ReadOptionError: if there is none.
    """
    if fixed := re.fullmatch(r"([+-])([01]\d|2[0-3]):?([0-5]\d)", name, re.ASCII):
        size = timedelta(hours=int(fixed[2]), minutes=int(fixed[3]))
        return timezone(-size if fixed[1] == "-" else size)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = nearest(name, available_timezones())
        hint = f': did you mean "{near}"?' if near else "; write an IANA name such as Europe/London"
        raise ReadOptionError("--timezone", name, f"there is no such zone{hint}") from None


class Zone:
    """Turns local times into instants, and instants into text of the zone."""

    def __init__(self, zone: tzinfo = UTC):
        self._zone = zone
        self._offsets = lru_cache(4096)(self._find_offsets)
        self._offset_at = lru_cache(4096)(self._find_offset_at)

    def instants(self, local: int) -> tuple[int, ...]:
        """Return the instants of a local time: one, two in an hour that comes twice, or none."""
        return tuple(local - offset for offset in self._offsets(local // _QUARTER))

    def text(self, ns: int) -> str:
        """Return an instant as ISO 8601 text with the offset of the zone; `Z` for UTC."""
        offset = self._offset_at(ns // _QUARTER)
        text = iso_8601_full(ns + offset)
        if self._zone is UTC:
            return text
        sign = "-" if offset < 0 else "+"
        hours, minutes = divmod(abs(offset) // (60 * SECOND), 60)
        return f"{text[:-1]}{sign}{hours:02}:{minutes:02}"

    def _find_offsets(self, quarter: int) -> tuple[int, ...]:
        local = _datetime(quarter * _QUARTER)
        before, after = (self._offset(local.replace(fold=fold)) for fold in (0, 1))
        if before == after:
            return (before,)
        # the clock is set back, so that the time comes twice; or forward, so that it never comes
        return (before, after) if before > after else ()

    def _find_offset_at(self, quarter: int) -> int:
        utc = _datetime(quarter * _QUARTER).replace(tzinfo=UTC)
        return self._offset(utc.astimezone(self._zone))

    def _offset(self, moment: datetime) -> int:
        offset = self._zone.utcoffset(moment)
        assert offset is not None
        # seconds: the local mean times of before 1900 are cut to the second as well
        return int(offset.total_seconds()) * SECOND


def _datetime(ns: int) -> datetime:
    return _EPOCH + timedelta(seconds=ns // SECOND)

"""What a quote's `ts` means: nanoseconds since 1970, so that times of every spelling compare."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime
from functools import lru_cache

DAY = 86_400 * 10**9

# contracts/quote.schema.json#/$defs/ts
_TIME = r"[T ]([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:[.,](\d{1,9}))?)?"
_ZONE = r"(Z|[+-]\d{2}(?::?\d{2})?)?"
_ISO_8601 = re.compile(
    rf"\d{{4}}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:{_TIME}{_ZONE})?", re.ASCII
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_AFTER_DATE = re.compile(_TIME + _ZONE, re.ASCII)
_AFTER_SECOND = re.compile(rf"(?:[.,](\d{{1,9}}))?{_ZONE}", re.ASCII)
_SECOND = re.compile(r"[T ](?:[01]\d|2[0-3])(?::[0-5]\d){2}", re.ASCII)
_UNIX_EPOCH = date(1970, 1, 1).toordinal()
# A number beyond the years 1 to 9999 is no time.
_FIRST = (date.min.toordinal() - _UNIX_EPOCH) * DAY
_LAST = (date.max.toordinal() - _UNIX_EPOCH + 1) * DAY - 1


def is_iso_8601(text: str) -> bool:
    """Tell whether the contract takes it as `ts`; it takes February 31 as well."""
    return _ISO_8601.fullmatch(text) is not None


def epoch_ns(ts: str | float | None) -> int | None:
    """Return the nanoseconds since 1970, UTC; None where it is no time.

    :param ts: ISO 8601 text, which without an offset is UTC and without a time of day is
        midnight, or epoch milliseconds.
    """
    if isinstance(ts, str):
        day = _day(ts[:10])
        if len(ts) == 10 or day is None:
            return day
        # of a year's seconds or minutes nearly all share these parts with others
        second, rest = _second(ts[10:19]), _after_second(ts[19:])
        if second is None or rest is None:
            return _without_second(day, ts[10:])
        return day + second + rest
    # NaN compares false
    if ts is None or not _FIRST <= ts * 10**6 <= _LAST:
        return None
    # a double has no room for the nanoseconds of today
    whole = math.floor(ts)
    return whole * 10**6 + round((ts - whole) * 10**6)


def iso_8601(ns: int) -> str:
    """Return the date, for midnight, or the date and time in UTC, cut to microseconds."""
    # an offset may lead beyond them
    days, rest = divmod(min(max(ns, _FIRST), _LAST), DAY)
    day = date.fromordinal(days + _UNIX_EPOCH)
    if not rest:
        return day.isoformat()
    seconds, fraction = divmod(rest, 10**9)
    time = datetime.fromtimestamp(seconds, UTC).time().replace(microsecond=fraction // 1000)
    return f"{day}T{time.isoformat()}Z"


# lru_cache bounds what is kept: these hold ten years of days, and every second of a day


@lru_cache(4096)
def _day(text: str) -> int | None:
    if not _DATE.fullmatch(text):
        return None
    try:
        return (date.fromisoformat(text).toordinal() - _UNIX_EPOCH) * DAY
    except ValueError:
        return None


@lru_cache(100_000)
def _second(text: str) -> int | None:
    if not _SECOND.fullmatch(text):
        return None
    return _seconds(text[1:3], text[4:6], text[7:9])


@lru_cache(4096)
def _after_second(text: str) -> int | None:
    match = _AFTER_SECOND.fullmatch(text)
    return None if match is None else _fraction(match[1]) - _offset(match[2])


def _without_second(day: int, text: str) -> int | None:
    match = _AFTER_DATE.fullmatch(text)
    if match is None:
        return None
    hour, minute, second, fraction, zone = match.groups()
    return day + _seconds(hour, minute, second or "0") + _fraction(fraction) - _offset(zone)


def _seconds(hour: str, minute: str, second: str) -> int:
    return ((int(hour) * 60 + int(minute)) * 60 + int(second)) * 10**9


def _fraction(digits: str | None) -> int:
    return int(digits.ljust(9, "0")) if digits else 0


def _offset(zone: str | None) -> int:
    if not zone or zone == "Z":
        return 0
    digits = zone[1:].replace(":", "")
    size = _seconds(digits[:2], digits[2:] or "0", "0")
    return -size if zone[0] == "-" else size

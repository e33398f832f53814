"""A time that is written as text, and what its spelling leaves open."""

from __future__ import annotations

import math
import re

from portfolio.errors import InvalidTimeError
from portfolio.times.bounds import SECOND, day_of, second_of_day, within
from portfolio.times.cache import Cache
from portfolio.times.number import DATES_WITH_MINUTES, DATES_WITH_SECONDS, of_number

_ZONE = r"(?: ?(Z|UTC|[+-]\d{2}(?::?\d{2})?))?"
_TIME = r"(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?"
_BASIC_TIME = r"(\d{2})(\d{2})(?:(\d{2})(?:[.,](\d{1,9}))?)?"
_SPLIT = re.compile(r"(\d{4}([-./])\d{2}\2\d{2}|\d{8})(?:(?:T| {1,2})(.+))?", re.ASCII | re.DOTALL)
_TIME_OF_DAY = re.compile(_TIME + _ZONE, re.ASCII)
_BASIC_TIME_OF_DAY = re.compile(_BASIC_TIME + _ZONE, re.ASCII)
_OFFSET_END = re.compile(r"(?:Z|UTC|[+-]\d{2}(?::?\d{2})?)$", re.ASCII)
_DATE = re.compile(r"\d{4}([-./])\d{2}\1\d{2}", re.ASCII)
_SECOND = re.compile(r"[T ](\d{2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_AFTER_SECOND = re.compile(rf"(?:[.,](\d{{1,9}}))?{_ZONE}", re.ASCII)
_NUMBER = re.compile(r"(-?)(0|[1-9]\d*)(?:\.(\d+))?", re.ASCII)
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_AMBIGUOUS = re.compile(
    rf"\d{{1,2}}[-./ ]\d{{1,2}}[-./ ]\d{{2,4}}\b.*|.*\b({_MONTHS})[a-z]*\b.*",
    re.ASCII | re.IGNORECASE | re.DOTALL,
)


def of_text(ts: str) -> int:
    """Return the instant that a text stands for.

    :raises InvalidTimeError: if it is not a time.
    """
    if number := _NUMBER.fullmatch(ts):
        # 20 digits are beyond every range, and int() refuses more than 4,300 with another error
        whole = int(number[1] + number[2][:20])
        return of_number(ts, whole, (number[3] or "").rstrip("0"))
    match = _SPLIT.fullmatch(ts)
    if match is None:
        raise _unreadable(ts)
    written, _, rest = match.groups()
    digits = written if len(written) == 8 else written[:4] + written[5:7] + written[8:]
    time = None
    if rest is not None:
        time = _TIME_OF_DAY.fullmatch(rest) or _BASIC_TIME_OF_DAY.fullmatch(rest)
        if time is None:
            raise _unreadable(ts)
    day = day_of(ts, digits)
    if time is None:
        return day
    hour, minute, second, fraction, zone = time.groups()
    of_day = second_of_day(ts, hour, minute, second or "00") + _fraction(fraction)
    offset = _offset(zone)
    if offset is None:
        raise InvalidTimeError("time_impossible", ts, f"there is no offset {zone}")
    return within(ts, day + of_day - offset)


def _unreadable(ts: str) -> InvalidTimeError:
    if _AMBIGUOUS.fullmatch(ts):
        return InvalidTimeError(
            "time_ambiguous", ts, "it can be read in several ways: a time is ISO 8601 text"
        )
    return InvalidTimeError(
        "time_format", ts, "a time is ISO 8601 text, such as 2024-01-10T21:55:31Z, or a number"
    )


def names_day(ts: object) -> bool:
    """Tell whether a time is a date without a time of day."""
    text = str(int(ts)) if isinstance(ts, int | float) else ts
    match = _SPLIT.fullmatch(text) if isinstance(text, str) else None
    return match is not None and match[3] is None


def is_local(ts: object) -> bool:
    """Tell whether a time has a time of day and no offset: it is a local time."""
    if isinstance(ts, str) and not _NUMBER.fullmatch(ts):
        match = _SPLIT.fullmatch(ts)
        return match is not None and match[3] is not None and not _OFFSET_END.search(match[3])
    whole = float(ts) if isinstance(ts, str | int | float) else math.nan
    return any(least <= whole <= most for least, most in (DATES_WITH_MINUTES, DATES_WITH_SECONDS))


def _fraction(digits: str | None) -> int:
    return int(digits.ljust(9, "0")) if digits else 0


def _offset(zone: str | None) -> int | None:
    if zone is None or zone in ("Z", "UTC"):
        return 0
    hours, minutes = zone[1:3], zone[3:].removeprefix(":") or "00"
    if hours > "23" or minutes > "59":
        return None
    size = (int(hours) * 60 + int(minutes)) * 60 * SECOND
    return -size if zone[0] == "-" else size


def _day(text: str) -> int:
    if not _DATE.fullmatch(text):
        raise _unreadable(text)
    return day_of(text, text[:4] + text[5:7] + text[8:])


def _second(text: str) -> int:
    match = _SECOND.fullmatch(text)
    if match is None:
        raise _unreadable(text)
    return second_of_day(text, *match.groups("00"))


def _rest(text: str) -> int:
    match = _AFTER_SECOND.fullmatch(text)
    if match is None:
        raise _unreadable(text)
    offset = _offset(match[2])
    if offset is None:
        raise _unreadable(text)
    return _fraction(match[1]) - offset


# Nanoseconds of a date (10 characters), of a second of the day (the next 9, with the T), and of
# what comes after it: a fraction and an offset.
DAYS, SECONDS, RESTS = Cache(_day), Cache(_second), Cache(_rest)

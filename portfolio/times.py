"""What a quote's `ts` means: the one parser of times in Python, and the only clock of a limit.

Held to contracts/examples/time.json, as the bridge's parser is.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import repeat
from operator import add, itemgetter, mul
from typing import Any, TypeVar

from portfolio.errors import InvalidTimeError, MissingTimeError

SECOND = 10**9
DAY = 86_400 * SECOND
"""Nanoseconds, as every instant here: since 1970, UTC, without leap seconds."""

MAX_SAFE = 2**53 - 1
"""The largest whole number that JSON carries exactly from any language (RFC 8259, section 6)."""

_UNIX_EPOCH = date(1970, 1, 1).toordinal()


def _new_year(year: int) -> int:
    return (date(year, 1, 1).toordinal() - _UNIX_EPOCH) * DAY


# A quote of another year is a mistake, or a stand-in for no time (0001-01-01, 9999-12-31).
_EARLIEST, _LATEST = _new_year(1700), _new_year(2201)

UNITS = {"s": SECOND, "ms": 10**6, "us": 10**3, "ns": 1}
"""Nanoseconds of each unit in which instants are written as numbers."""

# The years 1980 to 2200 in each unit: disjoint ranges, and no date as digits lies in one of them.
_RANGES = [
    (_new_year(1980) // size, _new_year(2201) // size, size)
    for size in sorted(UNITS.values())[::-1]
]
_DATES = (17000101, 22001231)
_DATES_WITH_MINUTES = (170001010000, 220012312359)
_DATES_WITH_SECONDS = (17000101000000, 22001231235959)

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


def instant(ts: object) -> int:
    """Return the nanoseconds since 1970, UTC, that a time stands for.

    Text is ISO 8601, with `T` or a space, whose date may also be written with dots or slashes
    between year, month and day; without an offset it is UTC, without a time of day midnight. A
    number, or its text, is interpreted by its magnitude: seconds, milliseconds, microseconds or
    nanoseconds since 1970 for the years 1980 to 2200, or a date as the digits YYYYMMDD,
    YYYYMMDDHHMM or YYYYMMDDHHMMSS. It is read by its shortest decimal text; what is finer than a
    nanosecond is cut off.

    :raises InvalidTimeError: with a code of contracts/README.md, "Times", if it is not such a time.
    """
    if isinstance(ts, str):
        try:
            if len(ts) == 10:
                return _DAYS[ts]
            ns = _DAYS[ts[:10]] + _SECONDS[ts[10:19]] + _RESTS[ts[19:]]
            return ns if _EARLIEST <= ns < _LATEST else within(ts, ns)
        except InvalidTimeError:
            return _read_text(ts)
    if isinstance(ts, bool) or not isinstance(ts, int | float):
        raise InvalidTimeError("time_type", ts, "a time is a text or a number")
    if isinstance(ts, float) and not math.isfinite(ts):
        raise InvalidTimeError("time_type", ts, "a time is a finite number")
    if not -MAX_SAFE <= ts <= MAX_SAFE:
        raise InvalidTimeError(
            "time_unsafe", ts, "a number of more than 53 bits is not exact: send it as text"
        )
    whole = int(ts)
    if ts == whole:
        return _of_number(ts, whole, "")
    # the shortest text of a double: what was written, where its binary value is another
    return _of_number(ts, whole, repr(ts).partition(".")[2])


def instants(column: Sequence[str] | Sequence[int]) -> list[int]:
    """Return the same of many texts, or of many whole numbers, faster than one by one.

    :raises InvalidTimeError: at the first one that is not a valid time.
    """
    is_text = isinstance(column[0], str)
    found = _of_texts(column) if is_text else _of_numbers(column)  # type: ignore[arg-type]
    return list(map(instant, column)) if found is None else found


def _of_texts(column: Sequence[str]) -> list[int] | None:
    """Return instants of dates, or of dates and times to the second; None at any doubt."""
    try:
        if set(map(len, column)) == {10}:
            return list(map(_DAYS.__getitem__, column))
        days = map(_DAYS.__getitem__, map(_DATE_PART, column))
        found = list(map(add, days, map(_SECONDS.__getitem__, map(_SECOND_PART, column))))
        rests = list(map(_REST, column))
        if rests.count(rests[0]) < len(rests):
            found = list(map(add, found, map(_RESTS.__getitem__, rests)))
        elif rest := _RESTS[rests[0]]:  # one offset, as it mostly is
            found = list(map(add, found, repeat(rest)))
    except InvalidTimeError:
        return None
    return found if min(found) >= _EARLIEST and max(found) < _LATEST else None


def _of_numbers(column: Sequence[int]) -> list[int] | None:
    """Return instants of whole numbers in one range of those since 1970; None at any doubt."""
    least, most = min(column), max(column)
    for first, beyond, size in _RANGES:
        if first <= least and most < beyond and most <= MAX_SAFE:
            return list(map(mul, column, repeat(size)))
    return None


_DATE_PART, _SECOND_PART, _REST = (itemgetter(slice(*at)) for at in ((10,), (10, 19), (19, None)))


def instant_of(data: Mapping[str, Any], needed_by: str) -> int:
    """Return the instant of a quote's `ts`.

    :param needed_by: the parameter that asks, for the error.
    :raises MissingTimeError: if the quote has no `ts`, or one that is not a valid time.
    """
    ts = data.get("ts")
    try:
        if ts is not None:
            return instant(ts)
        found = "it has no ts"
    except InvalidTimeError as error:
        found = str(error)
    raise MissingTimeError(
        f"{needed_by} reads the time of every quote, and this one of {data.get('sid')} lacks one:"
        f" {found}"
    )


def nanoseconds(seconds: float) -> int:
    """Return seconds as whole nanoseconds, by their shortest decimal text."""
    return int(Decimal(repr(float(seconds))) * SECOND)


# For callers that only pass a time on: one match tells that it is valid, without its instant.
is_plain = re.compile(
    r"(?:19|20|21)[0-9][0-9]-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"(?:[T ](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?"
    r"(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?)?"
).fullmatch


def check(ts: object) -> None:
    """Raise InvalidTimeError where `instant` does, faster for common forms."""
    if type(ts) is int or type(ts) is float:
        for least, beyond, _size in _RANGES:
            if least <= ts < beyond and ts <= MAX_SAFE:
                return
    instant(ts)


def is_time(ts: object) -> bool:
    """Tell whether `instant` reads it."""
    try:
        instant(ts)
    except InvalidTimeError:
        return False
    return True


def iso_8601(ns: int) -> str:
    """Return the date, for midnight, or the date and time in UTC with `Z`."""
    day, rest = divmod(ns, DAY)
    return iso_8601_full(ns) if rest else _DATES_AS_TEXT[day]


def iso_8601_full(ns: int) -> str:
    """Return date and time in UTC with `Z`, of midnight too."""
    day, rest = divmod(ns, DAY)
    second, fraction = divmod(rest, SECOND)
    text = f"{_DATES_AS_TEXT[day]}T{_CLOCKS_AS_TEXT[second]}"
    return f"{text}.{fraction:09}".rstrip("0") + "Z" if fraction else f"{text}Z"


def span(first: int, last: int) -> tuple[str, str]:
    """Return two instants in one format: dates if both are midnight, else dates and times."""
    show = iso_8601_full if first % DAY or last % DAY else iso_8601
    return show(first), show(last)


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
    return any(least <= whole <= most for least, most in (_DATES_WITH_MINUTES, _DATES_WITH_SECONDS))


def _read_text(ts: str) -> int:
    if number := _NUMBER.fullmatch(ts):
        # 20 digits are beyond every range, and int() refuses more than 4,300 with another error
        whole = int(number[1] + number[2][:20])
        return _of_number(ts, whole, (number[3] or "").rstrip("0"))
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
    day = _of_digits(ts, digits)
    if time is None:
        return day
    hour, minute, second, fraction, zone = time.groups()
    of_day = _second_of_day(ts, hour, minute, second or "00") + _fraction(fraction)
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


def within(ts: object, ns: int) -> int:
    """Return an instant; InvalidTimeError if it is not of the years of a quote.

    :param ts: how it is written, for the error.
    """
    if not _EARLIEST <= ns < _LATEST:
        raise InvalidTimeError("time_range", ts, "a time is of the years 1700 to 2200")
    return ns


def _of_number(ts: object, whole: int, fraction: str) -> int:
    for least, beyond, size in _RANGES:
        if least <= whole < beyond:
            digits = len(str(size)) - 1
            return whole * size + int(fraction[:digits].ljust(digits, "0") or 0)
    if not fraction:
        if _DATES[0] <= whole <= _DATES[1]:
            return _of_digits(ts, str(whole))
        if (
            _DATES_WITH_MINUTES[0] <= whole <= _DATES_WITH_MINUTES[1]
            or _DATES_WITH_SECONDS[0] <= whole <= _DATES_WITH_SECONDS[1]
        ):
            text = str(whole).ljust(14, "0")
            return _of_digits(ts, text[:8]) + _second_of_day(ts, text[8:10], text[10:12], text[12:])
    raise InvalidTimeError("time_range", ts, _what_it_might_be(whole))


def _what_it_might_be(whole: int) -> str:
    if 1000 <= whole <= 2999:
        guess = "a year"
    elif 20_000 <= whole < 110_000:
        guess = "a day of Excel"
    elif 0 <= whole < 20_000_000:
        guess = "the number of a row, or an instant near 1970"
    elif abs(whole) < _RANGES[0][0]:
        guess = "seconds of before 1980"
    else:
        guess = "an instant before 1980 or after 2200"
    return (
        "as a number a time is s, ms, us or ns since 1970 of the years 1980 to 2200, or YYYYMMDD,"
        f" YYYYMMDDHHMM or YYYYMMDDHHMMSS; it might be {guess}"
    )


def _of_digits(ts: object, digits: str) -> int:
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise InvalidTimeError("time_impossible", ts, "there is no such day") from None
    return within(ts, (day.toordinal() - _UNIX_EPOCH) * DAY)


def _second_of_day(ts: object, hour: str, minute: str, second: str) -> int:
    if hour > "23" or minute > "59" or second > "59":
        raise InvalidTimeError("time_impossible", ts, "there is no such time of day")
    return ((int(hour) * 60 + int(minute)) * 60 + int(second)) * SECOND


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


Part = TypeVar("Part")
Meaning = TypeVar("Meaning")


class _Cache(dict[Part, Meaning]):
    """A cache of what parts of times mean: most times share their parts with others.

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


# Every second of a day.
_MAX_CACHED = 86_400


def _day(text: str) -> int:
    if not _DATE.fullmatch(text):
        raise _unreadable(text)
    return _of_digits(text, text[:4] + text[5:7] + text[8:])


def _second(text: str) -> int:
    match = _SECOND.fullmatch(text)
    if match is None:
        raise _unreadable(text)
    return _second_of_day(text, *match.groups("00"))


def _rest(text: str) -> int:
    match = _AFTER_SECOND.fullmatch(text)
    if match is None:
        raise _unreadable(text)
    offset = _offset(match[2])
    if offset is None:
        raise _unreadable(text)
    return _fraction(match[1]) - offset


_DAYS, _SECONDS, _RESTS = _Cache(_day), _Cache(_second), _Cache(_rest)
_DATES_AS_TEXT: _Cache[int, str] = _Cache(
    lambda day: date.fromordinal(day + _UNIX_EPOCH).isoformat()
)
_CLOCKS_AS_TEXT: _Cache[int, str] = _Cache(
    lambda second: datetime.fromtimestamp(second, UTC).strftime("%H:%M:%S")
)

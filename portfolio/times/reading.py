"""The instant that a time stands for."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import repeat
from operator import add, itemgetter, mul
from typing import Any

from portfolio.errors import InvalidTimeError, MissingTimeError
from portfolio.times.bounds import EARLIEST, LATEST, MAX_SAFE, SECOND, within
from portfolio.times.number import RANGES, of_number
from portfolio.times.text import DAYS, RESTS, SECONDS, of_text


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
                return DAYS[ts]
            ns = DAYS[ts[:10]] + SECONDS[ts[10:19]] + RESTS[ts[19:]]
            return ns if EARLIEST <= ns < LATEST else within(ts, ns)
        except InvalidTimeError:
            return of_text(ts)
    if isinstance(ts, bool) or not isinstance(ts, int | float):
        raise InvalidTimeError("time_type", ts, "a time is a text or a number")
    if isinstance(ts, float) and not math.isfinite(ts):
        raise InvalidTimeError("time_type", ts, "a time is a finite number")
    if not -MAX_SAFE <= ts <= MAX_SAFE:
        raise InvalidTimeError(
            "time_unsafe", ts, "a number of more than 53 bits is not exact: send ISO 8601 text"
        )
    whole = int(ts)
    if ts == whole:
        return of_number(ts, whole, "")
    # the shortest text of a double: what was written, where its binary value is another
    return of_number(ts, whole, repr(ts).partition(".")[2])


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
            return list(map(DAYS.__getitem__, column))
        days = map(DAYS.__getitem__, map(_DATE_PART, column))
        found = list(map(add, days, map(SECONDS.__getitem__, map(_SECOND_PART, column))))
        rests = list(map(_REST, column))
        if rests.count(rests[0]) < len(rests):
            found = list(map(add, found, map(RESTS.__getitem__, rests)))
        elif rest := RESTS[rests[0]]:  # one offset, as it mostly is
            found = list(map(add, found, repeat(rest)))
    except InvalidTimeError:
        return None
    return found if min(found) >= EARLIEST and max(found) < LATEST else None


def _of_numbers(column: Sequence[int]) -> list[int] | None:
    """Return instants of whole numbers in one range of those since 1970; None at any doubt."""
    least, most = min(column), max(column)
    for first, beyond, size in RANGES:
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
        for least, beyond, _size in RANGES:
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

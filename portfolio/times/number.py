"""A time that is written as a number."""

from __future__ import annotations

from portfolio.errors import InvalidTimeError
from portfolio.times.bounds import (
    TICK,
    TICKS_BEFORE_1970,
    UNITS,
    day_of,
    new_year,
    second_of_day,
)

# The years 1980 to 2200 in each unit: disjoint ranges, and no date as digits lies in one of them.
RANGES = [
    (new_year(1980) // size, new_year(2201) // size, size) for size in sorted(UNITS.values())[::-1]
]
# Nanoseconds of October 1989 to the end of 1991, and ticks of .NET of the years 1980 to 2200.
_MAY_BE_TICKS = range(*(TICKS_BEFORE_1970 + new_year(year) // TICK for year in (1980, 2201)))
_DATES = (17000101, 22001231)
DATES_WITH_MINUTES = (170001010000, 220012312359)
DATES_WITH_SECONDS = (17000101000000, 22001231235959)


def of_number(ts: object, whole: int, fraction: str) -> int:
    """Return the instant that a number stands for, by its magnitude.

    :param ts: how it is written, for the error.
    :param fraction: the digits after its point; empty if all are 0.
    :raises InvalidTimeError: if a number of this magnitude is not a time, or two.
    """
    if whole in _MAY_BE_TICKS:
        raise InvalidTimeError(
            "time_ambiguous",
            ts,
            "it may be ns since 1970, of 1989 to 1991, or ticks of .NET: send ISO 8601 text",
        )
    for least, beyond, size in RANGES:
        if least <= whole < beyond:
            digits = len(str(size)) - 1
            return whole * size + int(fraction[:digits].ljust(digits, "0") or 0)
    if not fraction:
        if _DATES[0] <= whole <= _DATES[1]:
            return day_of(ts, str(whole))
        if (
            DATES_WITH_MINUTES[0] <= whole <= DATES_WITH_MINUTES[1]
            or DATES_WITH_SECONDS[0] <= whole <= DATES_WITH_SECONDS[1]
        ):
            text = str(whole).ljust(14, "0")
            return day_of(ts, text[:8]) + second_of_day(ts, text[8:10], text[10:12], text[12:])
    raise InvalidTimeError("time_range", ts, _what_it_might_be(whole))


def _what_it_might_be(whole: int) -> str:
    if 1000 <= whole <= 2999:
        guess = "a year"
    elif 20_000 <= whole < 110_000:
        guess = "a day of Excel"
    elif 0 <= whole < 20_000_000:
        guess = "the number of a row, or an instant near 1970"
    elif abs(whole) < RANGES[0][0]:
        guess = "seconds of before 1980"
    else:
        guess = "an instant before 1980 or after 2200"
    return (
        "as a number a time is s, ms, us or ns since 1970 of the years 1980 to 2200, or YYYYMMDD,"
        f" YYYYMMDDHHMM or YYYYMMDDHHMMSS; it might be {guess}"
    )

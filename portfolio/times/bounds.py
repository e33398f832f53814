"""The unit of instants, and the years that a quote may be of."""

from __future__ import annotations

from datetime import date

from portfolio.errors import InvalidTimeError

SECOND = 10**9
DAY = 86_400 * SECOND
"""Nanoseconds, as every instant here: since 1970, UTC, without leap seconds."""

MAX_SAFE = 2**53 - 1
"""The largest whole number that JSON carries exactly from any language (RFC 8259, section 6)."""

UNIX_EPOCH = date(1970, 1, 1).toordinal()


def new_year(year: int) -> int:
    """Return the instant at which a year begins."""
    return (date(year, 1, 1).toordinal() - UNIX_EPOCH) * DAY


# A quote of another year is a mistake, or a stand-in for no time (0001-01-01, 9999-12-31).
EARLIEST, LATEST = new_year(1700), new_year(2201)

UNITS = {"s": SECOND, "ms": 10**6, "us": 10**3, "ns": 1}
"""Nanoseconds of each unit in which instants are written as numbers."""

TICK = 100
"""Nanoseconds of a tick of .NET, whose `DateTime.Ticks` counts them from the year 1."""
TICKS_BEFORE_1970 = 621_355_968_000_000_000


def within(ts: object, ns: int) -> int:
    """Return an instant that is of the years of a quote.

    :param ts: how it is written, for the error.
    :raises InvalidTimeError: if it is of another year.
    """
    if not EARLIEST <= ns < LATEST:
        raise InvalidTimeError("time_range", ts, "a time is of the years 1700 to 2200")
    return ns


def day_of(ts: object, digits: str) -> int:
    """Return the instant at which a day begins.

    :param ts: how the time is written, for the error.
    :param digits: YYYYMMDD.
    :raises InvalidTimeError: if there is no such day, or it is not of the years of a quote.
    """
    try:
        day = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise InvalidTimeError("time_impossible", ts, "there is no such day") from None
    return within(ts, (day.toordinal() - UNIX_EPOCH) * DAY)


def second_of_day(ts: object, hour: str, minute: str, second: str) -> int:
    """Return the nanoseconds from midnight to a second.

    :param ts: how the time is written, for the error.
    :raises InvalidTimeError: if no day has such a second.
    """
    if hour > "23" or minute > "59" or second > "59":
        raise InvalidTimeError("time_impossible", ts, "there is no such time of day")
    return ((int(hour) * 60 + int(minute)) * 60 + int(second)) * SECOND

"""Which spellings of a time lie in one UTC day: told without reading each of them.

A backtest asks of every quote whether a new day begins. Reading its time for that would take a
third as long as all the rest; comparing it with bounds of its own spelling takes a twentieth.
"""

from __future__ import annotations

from typing import Any

from portfolio.times import DAY, UNITS

Bounds = tuple[Any, Any, int | None, int, str, str]
"""`start`, `end`, `length`, `place`, `char` and `zone`, all of one UTC day. A time is of that day
if `start <= ts < end` and one of these holds: `length` is None; it has that length, and the
character at that place; it ends with `zone`, where there is one. Others may be of that day, too."""

NOTHING: Bounds = ("", "", 0, 0, "", "")
"""No time lies in it."""


def same_day(ts: str | float, at: int) -> Bounds:
    """Return bounds that hold this time.

    :param at: the instant that it stands for.
    """
    return _of_text(ts) if isinstance(ts, str) else _of_number(ts, at)


def _of_text(ts: str) -> Bounds:
    length = len(ts)
    if ts[4:5].isdigit() or ts[7:8].isdigit():
        return NOTHING  # not YYYY-MM-DD: rare, and read each time
    date = ts[:10]
    if length == 10:
        return date, date + "~", 10, 4, ts[4], ""
    if length in (16, 19) and ts[length - 3] == ":":  # ends with :MM or :SS, without an offset
        return date, date + "~", length, length - 3, ":", ""
    if ts[-1] == "Z":
        return date, date + "~", length, length - 1, "Z", "Z"
    zone = ts[max(ts.rfind("+"), ts.rfind("-")) :]
    hour = ts[:13]
    if len(zone) > 6 or zone[3:].strip(":0") or not hour[11:].isdigit():
        return NOTHING
    # a day of another zone is of two UTC days; an hour of an offset in whole hours is of one
    return hour, hour + "~", 0, 0, "", zone


def _of_number(ts: float, at: int) -> Bounds:
    whole = int(ts)
    for size in UNITS.values():
        if whole * size <= at < (whole + 1) * size:
            day = at // DAY
            return day * DAY // size, (day + 1) * DAY // size, None, 0, "", ""
    # a date as digits: YYYYMMDD, with HHMM or HHMMSS behind
    behind = 10 ** (len(str(whole)) - 8)
    start = whole // behind * behind
    return start, start + behind, None, 0, "", ""

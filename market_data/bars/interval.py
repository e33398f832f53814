"""How long bars are, and where they begin."""

from __future__ import annotations

import re
from typing import NamedTuple

from market_data.errors import ReadOptionError
from portfolio.times import DAY, SECOND

MAX_DAYS = 366
"""The longest interval."""

_UNITS = {"s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND, "d": DAY, "w": 7 * DAY}
_FORM = re.compile(r"([1-9][0-9]{0,6})([smhdw])", re.ASCII)
_EXAMPLES = "expected 30s, 1m, 5m, 1h, 1d or 1w"

# 1970 began on a Thursday, and a week on a Monday (ISO 8601)
_MONDAY = 4 * DAY


class Interval(NamedTuple):
    """An interval of bars, such as 5m.

    They begin at multiples of their length since 1970, UTC, and weeks on Mondays: the hours of a
    market are not guessed.
    """

    name: str
    """With the largest unit of which it is a whole number: 60m is 1h."""
    length: int
    """In nanoseconds."""

    def start(self, ns: int) -> int:
        """Return the instant at which the interval begins that holds an instant."""
        origin = 0 if self.length % _UNITS["w"] else _MONDAY
        return ns - (ns - origin) % self.length


def parse_interval(text: str, option: str) -> Interval:
    """Read 5m, 1h, 1d and their like.

    :param option: the name of the option whose value this is, for the error.
    :raises ReadOptionError: if it is no such interval.
    """
    match = _FORM.fullmatch(text)
    if match is None:
        reason = f"it is no interval; {_EXAMPLES}"
        if text.lstrip("0123456789") in ("M", "mo", "month", "months", "Y", "y", "year", "years"):
            reason = f"months and years are of several lengths, and m is minutes; {_EXAMPLES}"
        raise ReadOptionError(option, text, reason)
    length = int(match[1]) * _UNITS[match[2]]
    if length > MAX_DAYS * DAY:
        raise ReadOptionError(option, text, f"it is longer than {MAX_DAYS} days")
    if DAY % length and length % DAY:
        what = "divides no day" if length < DAY else "is not a whole number of days"
        reason = f"it {what}: its bars would begin at another time every day; {_EXAMPLES}"
        raise ReadOptionError(option, text, reason)
    unit = next(unit for unit in reversed(_UNITS) if length % _UNITS[unit] == 0)
    return Interval(f"{length // _UNITS[unit]}{unit}", length)

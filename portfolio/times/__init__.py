"""What a quote's `ts` means: the one parser of times in Python, and the only clock of a limit.

Held to contracts/examples/time.json, as the bridge's parser is.
"""

from portfolio.times.bounds import DAY, MAX_SAFE, SECOND, TICK, TICKS_BEFORE_1970, UNITS, within
from portfolio.times.reading import (
    check,
    instant,
    instant_of,
    instants,
    is_plain,
    is_time,
    nanoseconds,
)
from portfolio.times.text import is_local, names_day
from portfolio.times.writing import iso_8601, iso_8601_full, span

__all__ = [
    "DAY",
    "MAX_SAFE",
    "SECOND",
    "TICK",
    "TICKS_BEFORE_1970",
    "UNITS",
    "check",
    "instant",
    "instant_of",
    "instants",
    "is_local",
    "is_plain",
    "is_time",
    "iso_8601",
    "iso_8601_full",
    "names_day",
    "nanoseconds",
    "span",
    "within",
]

"""Instants become ISO 8601 text."""

from __future__ import annotations

from datetime import UTC, date, datetime

from portfolio.times.bounds import DAY, SECOND, UNIX_EPOCH
from portfolio.times.cache import Cache

_DATES_AS_TEXT: Cache[int, str] = Cache(lambda day: date.fromordinal(day + UNIX_EPOCH).isoformat())
_CLOCKS_AS_TEXT: Cache[int, str] = Cache(
    lambda second: datetime.fromtimestamp(second, UTC).strftime("%H:%M:%S")
)


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

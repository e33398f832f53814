"""How sources are read: what a caller may say about files that do not say it themselves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypedDict

TimeUnit = Literal["s", "ms", "us", "ns", "excel"]
BarTime = Literal["open", "close"]


class ReadOptions(TypedDict, total=False):
    """Options of `market_data.open_feed`; each may be left out."""

    columns: Mapping[str, str]
    """Columns by field, where they are not recognised: `{"sid": "Ticker", "ts": "Date+Time"}`; by
    position, counted from 1, where there is no header."""
    query: str | None
    """What to SELECT from the databases among the sources."""
    sort: bool
    """Whether to sort each source by time, which keeps its quotes in memory."""
    start: str | None
    """The time of the first quote that is read, as `ts` may be written."""
    end: str | None
    """The time from which on no quote is read; of a date the whole day is read."""
    delimiter: str | None
    """What separates the cells of a CSV file, where it is not detected."""
    encoding: str | None
    """Of a CSV file or a recording, where it is not detected."""
    decimal: str
    """What separates the fraction of a number: `.` or `,`."""
    thousands: str | None
    """What separates the thousands of a number: `,`, `.`, `'` or a space."""
    header: bool
    """False where the first row of a CSV file is a quote already."""
    time_unit: TimeUnit | None
    """What a number means as a time, where its magnitude does not tell."""
    time_format: str | None
    """How a time is written, in the letters of `strptime`."""
    timezone: str | None
    """The IANA name of the zone of times without an offset; by default they are UTC."""
    bar_time: BarTime | None
    """Whether a time opens or closes its bar."""
    strict: bool
    """Whether the first row that is no quote is an error."""

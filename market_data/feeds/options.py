"""How sources are read: options for files that do not contain the information themselves."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, Literal, TypedDict

from market_data.errors import ReadOptionError
from market_data.feeds.columns import check_columns
from market_data.feeds.invalid_quote import InvalidQuoteError
from market_data.feeds.messages import Rules, parse_fields
from market_data.feeds.time_column import TimeColumn
from market_data.feeds.zones import Zone, find_zone
from portfolio.nearest import did_you_mean
from portfolio.times import DAY, names_day

TimeUnit = Literal["s", "ms", "us", "ns", "ticks", "excel"]
BarTime = Literal["open", "close"]
Empty = Literal["skip", "fill"]

TABS = ("tab", "\\t")
"""How a tab is written as a delimiter."""


class ReadOptions(TypedDict, total=False):
    """Options of `market_data.open_feed`; each may be left out."""

    columns: Mapping[str, str]
    """Columns by field, where they are not recognised: `{"sid": "Ticker", "ts": "Date+Time"}`; by
    position, counted from 1, where there is no header."""
    fields: str | Mapping[str, str] | Iterable[str] | None
    """The fields of a recording's messages that a quote needs, written as `--fields` of the bridge:
    `"sid=s,quote=data.p,ts=T,id=s+t"`, or a map of these."""
    symbols: str | Iterable[str] | None
    """The chosen instruments, as `"goog,aapl"` or several texts; quotes of others are
    skipped, and reported."""
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
    """Of a CSV file, where it is not detected."""
    decimal: str
    """What separates the fraction of a number: `.` or `,`."""
    thousands: str | None
    """What separates the thousands of a number: `,`, `.`, `'` or a space."""
    header: bool
    """False where the first row of a CSV file is a quote already."""
    time_unit: TimeUnit | None
    """The unit of a time that is a number, where its magnitude is ambiguous."""
    time_format: str | None
    """How a time is written, in the letters of `strptime`."""
    timezone: str | None
    """The IANA name of the zone of times without an offset; by default they are UTC."""
    bar_time: BarTime | None
    """Whether a time opens or closes its bar."""
    bars: str | None
    """The interval of the bars that are made of the quotes, such as `5m`."""
    empty: Empty | None
    """Whether an interval without a quote gets no bar, or one of the last close."""
    strict: bool
    """Whether the first row that is not a valid quote is an error."""


# The kinds of sources that an option applies to.
_TABLES = {"csv", "parquet", "sql", "frame"}
_USERS: dict[str, set[str]] = {
    "delimiter": {"csv"},
    "encoding": {"csv"},
    "header": {"csv"},
    "query": {"sql"},
    "columns": _TABLES,
    "fields": {"jsonl", "recording", "sql"},
    "decimal": _TABLES,
    "thousands": _TABLES,
    "bar_time": _TABLES,
    "time_unit": _TABLES,
    "time_format": _TABLES,
    "timezone": _TABLES,
}
TABLE_OPTIONS = tuple(name for name, users in _USERS.items() if users == _TABLES)
"""Those that apply to tables, and not to messages."""
_CHOICES = {
    "decimal": (".", ","),
    "thousands": (",", ".", " ", "'", "\u2019", "\u00a0", "\u202f", "_"),
    "time_unit": ("s", "ms", "us", "ns", "ticks", "excel"),
    "bar_time": ("open", "close"),
    "empty": ("skip", "fill"),
}


def flag(name: str) -> str:
    """Return the name of an option on the command line."""
    names = {"start": "--from", "end": "--to", "header": "--no-header"}
    return names.get(name, f"--{name.replace('_', '-')}")


def check_options(options: ReadOptions, kinds: Collection[str]) -> None:
    """Raise ReadOptionError if an option cannot be understood, or applies to none of the kinds.

    ColumnsError where `columns` has other keys than those of a quote.
    """
    given: dict[str, Any] = {name: value for name, value in options.items() if value is not None}
    for name in given:
        if name not in ReadOptions.__annotations__:
            raise ReadOptionError(name, given[name], f"there is no such option{_near(name)}")
        users = _USERS.get(name)
        if users is not None and users.isdisjoint(kinds):
            expected = f"{' or '.join(sorted(users))}, and not {' or '.join(sorted(kinds))}"
            raise ReadOptionError(flag(name), given[name], f"it is for {expected}")
    for name, choices in _CHOICES.items():
        if name in given and given[name] not in choices:
            listed = ", ".join(map(repr, choices))
            raise ReadOptionError(flag(name), given[name], f"it is one of {listed}")
    if given.get("decimal", ".") == given.get("thousands"):
        raise ReadOptionError(
            "--thousands",
            given["thousands"],
            "it separates the fraction; --decimal tells what does",
        )
    delimiter = given.get("delimiter", ",")
    if len(delimiter) != 1 and delimiter not in TABS:
        raise ReadOptionError("--delimiter", delimiter, "it is one character, or tab")
    if (time_format := given.get("time_format")) is not None:
        _check_format(time_format)
    if (zone := given.get("timezone")) is not None:
        find_zone(zone)
    check_columns(given.get("columns", {}))
    read_rules(options)


def read_rules(options: ReadOptions) -> Rules:
    """Return the options for messages and for instruments.

    :raises ReadOptionError: if it cannot be understood.
    """
    given = options.get("symbols")
    symbols = None
    if given is not None:
        listed = given.split(",") if isinstance(given, str) else list(given)
        if not listed or not all(isinstance(name, str) and name.strip() for name in listed):
            reason = "it is names of instruments, such as goog,aapl"
            raise ReadOptionError("--symbols", given, reason)
        symbols = frozenset(name.strip() for name in listed)
    return Rules(parse_fields(options.get("fields") or ()), symbols)


def _check_format(time_format: str) -> None:
    reason = ""
    if not re.search("%[YyGcx]", time_format):
        reason = "it has no year: without one all times are of 1900; write %Y or %y"
    elif re.search("%H.*%p|%p.*%H", time_format):
        reason = "%H is an hour of 24, to which %p adds nothing; write %I for one of 12"
    try:
        datetime.strptime("", time_format)
    except ValueError as error:
        if "does not match format" not in str(error):
            reason = str(error)
    except re.error:
        reason = "a letter is in it twice"
    if reason:
        raise ReadOptionError("--time-format", time_format, reason)


def _near(name: str) -> str:
    return did_you_mean(name, ReadOptions.__annotations__)


def read_span(options: ReadOptions, *, in_zone: bool) -> tuple[float, float]:
    """Return the first instant that is read, and that from which on none is; infinite if not given.

    :param in_zone: whether a day is one of `timezone`, and not of UTC.
    :raises ReadOptionError: if one of them is not a valid time.
    """
    start, end = (_instant(name, options, in_zone=in_zone) for name in ("start", "end"))
    return (-math.inf if start is None else start), (math.inf if end is None else end)


def _instant(name: str, options: ReadOptions, *, in_zone: bool) -> int | None:
    given: Any = options.get(name)
    if given is None:
        return None
    zone_name = options.get("timezone")
    zone = Zone(find_zone(zone_name)) if zone_name else None
    column = TimeColumn(zone=zone)
    try:
        ts, ns = column.one(given, None)
        if names_day(ts):
            ns += DAY if name == "end" else 0
            if zone is not None and in_zone:
                ns = zone.instants(ns)[0]
    except InvalidQuoteError as error:
        raise ReadOptionError(flag(name), given, str(error)) from None
    return ns

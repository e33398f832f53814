"""Which columns of a table hold the symbol, the time, the price and the other fields."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from market_data.errors import ColumnsError, UnknownColumnError, UnusableFileError
from market_data.feeds.layouts import YFINANCE, Layout, plain, recognise
from market_data.feeds.suggestion import guess
from portfolio.errors import InvalidTimeError
from portfolio.times import instant

# Recognised in any case; of several in one table, the one named first here is read.
RECOGNISED = {
    "sid": ("sid", "symbol", "ticker"),
    "ts": ("ts", "datetime", "timestamp", "date", "time"),
    "quote": ("quote", "price", "last", "close"),
}
FIELDS = ("open", "high", "low", "close", "volume", "bid", "ask", "size")
"""Other numbers of a quote that are carried along."""

_MEANING = {"sid": "symbol", "ts": "time", "quote": "price"}
_TIME_OF_DAY = re.compile(r"\d{1,2}:\d{2}.*|\d{4}|\d{6}", re.ASCII)


class Series(NamedTuple):
    """The quotes of one instrument, or of those that a column names."""

    symbol: str
    """Of all rows, where `sid` is None."""
    sid: int | None
    price: int
    fields: tuple[tuple[str, int], ...]


class Plan(NamedTuple):
    """Where everything is: indices of columns."""

    ts: tuple[int, ...]
    """One column, or that of the date and that of the time of day."""
    series: tuple[Series, ...]
    layout: Layout | None
    is_bar: bool
    """Whether a row is a bar, with a high and a low."""
    header_rows: int
    """How many of the first rows are the header."""

    @property
    def needed(self) -> list[int]:
        """The indices of all columns that are read."""
        indices = set(self.ts)
        for each in self.series:
            indices |= {each.price, *(index for _name, index in each.fields)}
            indices |= set() if each.sid is None else {each.sid}
        return sorted(indices)


class Sample(NamedTuple):
    """The beginning of a table."""

    shown: str
    """The table, as an error names it."""
    symbol: str
    """Of all rows, where no column names it."""
    rows: Sequence[Sequence[str]]
    """The first rows as text, with those of the header."""
    has_header: bool
    """False if the caller says that there is none."""
    is_text: bool = True
    """Whether header and numbers are to be told apart: a database has its names elsewhere."""


def parse_columns(text: str) -> dict[str, str]:
    """Read `sid=Ticker,ts=Date+Time,quote=Last`; ColumnsError where it is of another form."""
    columns = {}
    for part in text.split(","):
        key, equals, name = (piece.strip() for piece in part.partition("="))
        if not equals or not name:
            raise ColumnsError(part, "expected sid=…, ts=… or quote=…, with a column's name")
        columns[key] = name
    return check_columns(columns)


def check_columns(columns: Mapping[str, str]) -> dict[str, str]:
    """Return the same if all keys are fields of a quote, else raise ColumnsError."""
    known = (*RECOGNISED, *FIELDS)
    for key in columns:
        if key not in known:
            nearest = difflib.get_close_matches(key.lower(), known, n=1)
            meant = f'did you mean "{nearest[0]}"?' if nearest else "expected sid, ts or quote"
            raise ColumnsError(key, meant)
    return dict(columns)


def find_plan(sample: Sample, named: Mapping[str, str]) -> Plan:
    """Return where everything is.

    :param named: names by field, as the header has them or in another case; by position, counted
        from 1, where there is no header.
    :raises UnknownColumnError: if a named column is not there.
    :raises UnusableFileError: if there is none for the time or the price.
    """
    rows = sample.rows
    if named.keys() & {"ts", "quote"}:
        return _by_names(sample, named, None)
    if not sample.has_header:
        return _by_names(sample, named, recognise([], rows[0], newest_first=False))
    if sample.is_text and (wide := _find_wide(sample)):
        return wide
    header = [plain(name) for name in rows[0]]
    first = rows[1] if len(rows) > 1 else []
    layout = recognise(header, first, newest_first=_goes_back(rows[1:], header))
    if layout is None and sample.is_text:
        layout = recognise([], rows[0], newest_first=False)
    return _by_names(sample, named, layout)


def _by_names(sample: Sample, named: Mapping[str, str], layout: Layout | None) -> Plan:
    rows = sample.rows
    has_header = sample.has_header and (layout is None or bool(layout.header))
    if layout is not None and not layout.header:
        names = layout.names.split()
    elif has_header:
        names = [name.strip() for name in rows[0]]
    else:
        names = [str(n) for n in range(1, len(rows[0]) + 1)]
    table = _Names(names, sample.shown)

    def find(key: str) -> int | None:
        if key in named:
            return table.named(key, named[key])
        if layout is not None and key in ("ts", "quote", "volume"):
            return table.find(getattr(layout, key))
        return table.first_of(RECOGNISED.get(key, (key,)))

    body = rows[1:] if has_header else rows
    chosen = named.get("ts") or (layout.ts if layout else None)
    ts = table.both(chosen) if chosen else _find_time(table, body)
    quote = find("quote")
    if quote is None or not ts:
        missing = "ts" if quote is not None else "quote"
        raise _missing(missing, sample, names)
    fields = [(name, index) for name in FIELDS if (index := find(name)) is not None]
    is_bar = {"high", "low"} <= {name for name, _index in fields}
    series = Series(sample.symbol, find("sid"), quote, tuple(fields))
    return Plan(ts, (series,), layout, is_bar, 1 if has_header else 0)


class _Names:
    """The names of a table's columns."""

    def __init__(self, names: Sequence[str], shown: str):
        self.names = names
        self._shown = shown
        self._plain = [plain(name) for name in names]
        # MetaTrader and others put names in angle brackets
        self._bare = [name.strip("<>") for name in self._plain]

    def find(self, name: str) -> int | None:
        """Return the index of a name as `plain` makes it, with or without angle brackets."""
        for names in (self._plain, self._bare):
            if name in names:
                return names.index(name)
        return None

    def first_of(self, names: Sequence[str]) -> int | None:
        """Return the index of the first name that there is."""
        return next((at for name in names if (at := self.find(name)) is not None), None)

    def named(self, key: str, name: str) -> int:
        """Return the index of the column that a user has named; UnknownColumnError without it."""
        for same in (str, str.lower, plain):
            candidates = [same(candidate) for candidate in self.names]
            if same(name) in candidates:
                return candidates.index(same(name))
        in_lower_case = {candidate.lower(): candidate for candidate in self.names}
        nearest = difflib.get_close_matches(name.lower(), in_lower_case, n=1)
        raise UnknownColumnError(
            self._shown,
            key,
            name,
            in_lower_case[nearest[0]] if nearest else None,
            ", ".join(each[:30] for each in self.names[:10]),
        )

    def both(self, name: str) -> tuple[int, ...]:
        """Return the index of a column, or those of `Date+Time`."""
        if name in self.names or "+" not in name.strip("+"):
            return (self.named("ts", name),)
        return tuple(self.named("ts", part.strip()) for part in name.split("+", 1))


def _find_time(table: _Names, body: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """Return the column, or the two, of the time; nothing if there is none."""
    found = table.first_of(RECOGNISED["ts"])
    if found is None:
        # pandas writes the index, here the date, as a first column without a name
        return (0,) if table.names and not table.names[0] else ()
    date, time = table.find("date"), table.find("time")
    if found == date and time is not None and _are_date_and_time(body, date, time):
        return date, time
    return (found,)


def _are_date_and_time(body: Sequence[Sequence[str]], date: int, time: int) -> bool:
    cells = [(row[date].strip(), row[time].strip()) for row in body if len(row) > max(date, time)]
    days = [day for day, _clock in cells if day]
    clocks = [clock for _day, clock in cells if clock]
    return (
        bool(clocks)
        and all(map(_TIME_OF_DAY.fullmatch, clocks))
        and not any(":" in day for day in days)
    )


def _goes_back(body: Sequence[Sequence[str]], header: Sequence[str]) -> bool:
    """Tell whether the first rows are of ever earlier times."""
    at = next((header.index(name) for name in RECOGNISED["ts"] if name in header), None)
    if at is None:
        return False
    times = []
    for row in body[:50]:
        try:
            times.append(instant(row[at].strip()))
        except (InvalidTimeError, IndexError):
            continue
    # pages of an interface that overlap go forward now and then
    back = sum(earlier > later for earlier, later in pairwise(times))
    return 2 * back > len(times) > 1


def _find_wide(sample: Sample) -> Plan | None:
    """Return the plan of a table of yfinance: rows of names, of symbols, and of the index' name."""
    rows = sample.rows
    if len(rows) < 4 or {rows[0][0].strip(), rows[1][0].strip()} != {"Price", "Ticker"}:
        return None
    if plain(rows[2][0]) not in ("date", "datetime") or any(cell.strip() for cell in rows[2][1:]):
        return None
    prices = rows[0] if rows[0][0].strip() == "Price" else rows[1]
    tickers = rows[1] if prices is rows[0] else rows[0]
    by_ticker: dict[str, dict[str, int]] = {}
    for index in range(1, min(len(prices), len(tickers))):
        by_ticker.setdefault(tickers[index].strip(), {})[plain(prices[index])] = index
    series = []
    for ticker, columns in by_ticker.items():
        if "close" not in columns:
            return None
        fields = tuple((name, columns[name]) for name in FIELDS if name in columns)
        series.append(Series(ticker, None, columns["close"], fields))
    return Plan((0,), tuple(series), YFINANCE, True, 3) if series else None


def check_symbol(names: Sequence[str], named: Mapping[str, str], shown: str) -> None:
    """Raise UnusableFileError if no column tells the symbol."""
    if "sid" not in named and _Names(names, shown).first_of(RECOGNISED["sid"]) is None:
        found = f"no symbol among the columns {_list(names)}"
        raise UnusableFileError(shown, found, _accepted("sid"))


def _missing(key: str, sample: Sample, names: Sequence[str]) -> UnusableFileError:
    found = f"no {_MEANING[key]} among the columns {_list(names)}"
    options = guess(sample.rows, has_header=sample.has_header) if sample.is_text else ""
    return UnusableFileError(sample.shown, found, options or _accepted(key))


def _accepted(key: str) -> str:
    return f"one of {', '.join(RECOGNISED[key])}, or a name for {key} in --columns"


def _list(names: Sequence[str]) -> str:
    return ", ".join(name[:30] for name in names[:10])

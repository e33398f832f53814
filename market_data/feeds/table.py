"""A table becomes quotes, whatever it was read from, a batch of rows at a time.

Nearly every batch holds nothing but proper values, and then each column is read as a whole, which
takes a third of the time. Any doubt about a column, and its cells are read one by one.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import pairwise, repeat
from operator import add
from typing import Any, NamedTuple, Protocol

from market_data.bars.bar import LAST
from market_data.errors import UnusableFileError
from market_data.feeds import bars
from market_data.feeds.cells import sid_of, sids_of, text_of
from market_data.feeds.date_and_time import DateAndTime
from market_data.feeds.invalid_quote import InvalidQuoteError, SkippedRow
from market_data.feeds.layouts import ZONES
from market_data.feeds.number_column import NumberColumn, SeparatorError, looks_like_number
from market_data.feeds.options import ReadOptions
from market_data.feeds.others import Others
from market_data.feeds.plan import Plan, Sample, Series, find_plan
from market_data.feeds.quote import Quote, Recorded
from market_data.feeds.suggestion import guess, suggest, time_formats
from market_data.feeds.time_column import TimeColumn
from market_data.feeds.timed import Timed
from market_data.feeds.zones import Zone, find_zone
from portfolio.times import DAY, names_day

OnSkip = Callable[[SkippedRow], None]

# What Quote._make does, without a call of Python.
_quote = partial(tuple.__new__, Quote)

_SHARED = Recorded(None, None, True, {})


class Rows(NamedTuple):
    """Rows of a table: the number of each, and its cells by column."""

    numbers: Sequence[int]
    cells: dict[int, Sequence[Any]]


class Table(Protocol):
    """A source of rows: TableReader reads the attributes, then calls `rows` once, on one thread."""

    sample: Sample
    notes: list[str]
    """Sentences for the user about how it was read."""

    def rows(self, needed: list[int], header_rows: int, on_skip: OnSkip) -> Iterator[Rows]:
        """Yield all rows behind the header, some at a time; may be called once."""
        ...


class TableReader:
    """Reads one table.

    :param name: of the source, for the ids of its quotes.
    :param on_skip: called with every row that is not a valid quote.
    :raises UnusableFileError: if it has no column for the time, or for the price.
    """

    def __init__(self, table: Table, name: str, options: ReadOptions, on_skip: OnSkip):
        self._name = name
        self._sample = table.sample
        self._on_skip = on_skip
        self.plan = plan = find_plan(table.sample, options.get("columns") or {})
        self._numbers = NumberColumn(options.get("decimal", "."), options.get("thousands"))
        self._bar_time = options.get("bar_time")
        self._layout_time = plan.layout.time if plan.layout else "unknown"
        self._joint: DateAndTime | None = None
        self._times = self._time_column(table, options)
        self.notes = [*table.notes, *_notes(plan, options)]
        self._batches = table.rows(plan.needed, plan.header_rows, on_skip)
        self._end: Callable[[int], int] | None = None
        self.length: int | None = 0
        """Of the bars, in nanoseconds: None if it is not known, 0 for quotes of single instants."""
        self.is_constant = True
        """Whether bars that are shorter than `length` are rare."""
        self.is_end_known = True
        """Whether a quote's time is that at which its price is known."""
        self.is_open_time = False
        """Whether the times open bars."""
        self.names_days = False
        """Whether the times are dates without a time of day."""
        self._first = self._read_first()

    def _time_column(self, table: Table, options: ReadOptions) -> TimeColumn:
        layout = self.plan.layout
        zone_name = options.get("timezone")
        is_combined = len(self.plan.ts) > 1
        if zone_name is None and layout is not None and layout.zone not in ("", "UTC"):
            zone_name = layout.zone
        unit, time_format = options.get("time_unit"), options.get("time_format")
        cells = [table.sample.cells(at, self.plan.header_rows) for at in self.plan.ts]
        if is_combined:
            self._joint = DateAndTime(cells[1], is_formatted=time_format is not None)
        times = _local_times(zip(*cells, strict=False), self._joint, unit, time_format)
        back = sum(earlier > later for earlier, later in pairwise(times))
        return TimeColumn(
            unit,
            time_format,
            Zone(find_zone(zone_name)) if zone_name is not None else None,
            is_combined=is_combined,
            names_days=not any(time % DAY for time in times),
            is_regular=self.plan.is_bar or bars.find_length(repeat(""), times).is_constant,
            newest_first=2 * back > len(times),
        )

    @property
    def twice(self) -> list[str]:
        """The times that were of an hour that comes twice, as they are written."""
        return self._times.twice

    @property
    def unread(self) -> dict[str, tuple[int, str]]:
        """By name of another field: the number of cells that are not numbers, and the first one."""
        return self._numbers.unread

    def suggestion(self) -> str:
        """Return the options that would read the table; empty if none is known."""
        if len(self.plan.series) > 1 or not self._sample.is_text:
            return ""
        rows = self._sample.rows[self.plan.header_rows :]
        width = len(self._sample.rows[0])
        price = self.plan.series[0].price
        if not any(len(row) == width for row in rows):
            return guess(self._sample.rows, has_header=False)
        if not any(map(looks_like_number, self._sample.cells(price, self.plan.header_rows))):
            # as LAST of ticks that have BID and ASK alone
            return guess(self._sample.rows, has_header=self.plan.header_rows > 0)
        times = self._sample.cells(self.plan.ts[0], self.plan.header_rows)
        if all(time.strip("0:") == "" for time in times):
            # as the time of day of bars of days, whose dates are in another column
            return guess(self._sample.rows, has_header=self.plan.header_rows > 0)
        return suggest(rows, self.plan.ts, price)

    def timed(self) -> Iterator[Timed]:
        """Yield all quotes in the order of the rows; may be called once."""
        if self._first is not None:
            yield self._first
        for rows in self._batches:
            yield self._ended(self._read(rows))

    def _read_first(self) -> Timed | None:
        """Read the first batch with a quote, which shows what the times of the bars mean."""
        first = next((read for rows in self._batches if (read := self._read(rows)).quotes), None)
        if first is None:
            return None
        sids = (quote.sid for quote in first.quotes)
        usual, is_constant = bars.find_length(sids, first.times)  # type: ignore[arg-type]
        self.names_days = all(names_day(quote.ts) for quote in first.quotes) or (
            # dates that an option has read are midnights
            self._layout_time == "unknown" and not any(time % DAY for time in first.times if time)
        )
        # a date names its day, whatever a layout says of times of day
        known = "unknown" if self.names_days else self._layout_time
        bar_time = self._bar_time if self._bar_time and known == "unknown" else known
        if not (self.plan.is_bar or self.names_days or (self._bar_time and is_constant)):
            return first  # quotes, each of its own instant
        self.length, self.is_constant = usual, is_constant
        self.is_end_known, self.is_open_time = bar_time == "close", bar_time == "open"
        if bar_time == "open" and usual is not None and is_constant:
            self._end = partial(add, usual - LAST)
            self.is_end_known = True
            self.notes.append(
                f"the times open {bars.name(usual)}: each quote gets the time of its bar's end,"
                " when its price is known"
            )
        elif bar_time == "open":
            self.notes.append("the times open bars of different lengths: they stay as they are")
        elif bar_time == "close" and any(time % LAST for time in first.times if time):
            self._end = _cut
        return self._ended(first)

    def _ended(self, read: Timed) -> Timed:
        """Return the same quotes at the ends of their bars."""
        if self._end is None or not read.quotes:
            return read
        times = list(map(self._end, read.times))  # type: ignore[arg-type]
        written = map(self._times.written, times)
        return Timed(times, [q._replace(ts=ts) for q, ts in zip(read.quotes, written, strict=True)])

    def _read(self, rows: Rows) -> Timed:
        try:
            return self._as_a_whole(rows)
        except (ValueError, TypeError, ArithmeticError):
            read = list(self._one_by_one(rows))
            return Timed([time for time, _quote in read], [quote for _time, quote in read])

    def _as_a_whole(self, rows: Rows) -> Timed:
        (series,) = self.plan.series  # ValueError: several are read one by one
        cells = rows.cells
        prices = self._numbers.prices(cells[series.price])
        sids: Iterable[str] = repeat(series.symbol)
        if series.sid is not None:
            sids = sids_of(cells[series.sid])
        written = cells[self.plan.ts[0]]
        if self._joint is not None:
            clocks = cells[self.plan.ts[1]]
            written = list(map(self._joint.join, map(text_of, written), map(text_of, clocks)))
        ts, times = self._times.column(written, sids)
        # the price is mostly one of them, and has been read
        others = repeat(self._others(series, {**cells, series.price: prices}))
        columns = (sids, prices, ts, rows.numbers, repeat(self._name), others, range(len(prices)))
        return Timed(times, list(map(_quote, zip(*columns, repeat(None)))))

    def _others(self, series: Series, cells: dict[int, Any]) -> Others | None:
        if not series.fields:
            return None
        names, indices = zip(*series.fields, strict=True)
        return Others(names, [cells[index] for index in indices], self._numbers)

    def _one_by_one(self, rows: Rows) -> Iterator[tuple[int, Quote]]:
        several = len(self.plan.series) > 1
        for n, row in enumerate(rows.numbers):
            cells = {index: column[n] for index, column in rows.cells.items()}
            try:
                for series in self.plan.series:
                    try:
                        yield self._quote(series, cells, row, several=several)
                    except InvalidQuoteError as error:
                        if not several or error.problem in ("time", "local_time"):
                            raise
                        self._on_skip(error.skipped(self._name, row))
            except InvalidQuoteError as error:
                self._on_skip(error.skipped(self._name, row))

    def _quote(
        self, series: Series, cells: dict[int, Any], row: int, *, several: bool
    ) -> tuple[int, Quote]:
        sid = series.symbol if series.sid is None else sid_of(cells[series.sid])
        time = cells[self.plan.ts[0]]
        if self._joint is not None:
            time = self._joint.join(text_of(time), text_of(cells[self.plan.ts[1]]))
        # before the time, which an hour that comes twice has depend on the rows that are read
        try:
            price = self._numbers.price(cells[series.price])
        except SeparatorError as error:
            option = self.suggestion() or error.option
            raise UnusableFileError(self._sample.shown, f"row {row}: {error}", option) from None
        try:
            ts, ns = self._times.one(time, sid)
        except InvalidQuoteError as error:
            self._check_format(error, time, row)
            raise
        others = self._others(series, {index: [cell] for index, cell in cells.items()})
        recorded = _SHARED if several else None
        return ns, Quote(sid, price, ts, row, self._name, others, 0, recorded)

    def _check_format(self, error: InvalidQuoteError, time: Any, row: int) -> None:
        """Refuse the table if the format of its times has to be given.

        Otherwise some of its rows might be read, by chance, and the others be skipped.
        """
        if error.problem != "time_format":
            return
        formats = time_formats([text_of(time)])
        if formats or error.option:
            alone = f"--time-format {' or '.join(map(shlex.quote, formats))}"
            option = error.option or self.suggestion() or alone
            raise UnusableFileError(self._sample.shown, f"row {row}: {error}", option) from None


def _cut(ns: int) -> int:
    # what writes microseconds ends a bar at its last microsecond: as one end, the last millisecond
    return ns - ns % LAST


def _local_times(
    cells: Iterable[tuple[str, ...]],
    joint: DateAndTime | None,
    unit: str | None,
    time_format: str | None,
) -> list[int]:
    """Return the first times as they are written, whatever their zone is."""
    column = TimeColumn(unit, time_format)
    times = []
    for row in cells:
        try:
            times.append(column.one(row[0] if joint is None else joint.join(*row), "")[1])
        except InvalidQuoteError:
            continue
    return times


def _notes(plan: Plan, options: ReadOptions) -> Iterator[str]:
    layout = plan.layout
    if layout is None:
        return
    yield f"layout: {layout.name}"
    if plan.header_rows > 1:
        yield f"the header has {plan.header_rows} rows: of names, symbols, and of the index"
    if layout.zone != "UTC" and options.get("timezone") is None:
        yield f"time zone: {ZONES.get(layout.zone, layout.zone)}"

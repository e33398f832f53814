"""What a table holds where: found by its names, its layout, and its first rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from market_data.errors import UnusableFileError
from market_data.feeds.columns import FIELDS, RECOGNISED, Names, accepted
from market_data.feeds.date_and_time import CLOCKS, PARTS, DateAndTime, day_of
from market_data.feeds.instruments import of_bars, of_ticks
from market_data.feeds.layouts import YFINANCE, Layout, plain, recognise
from market_data.feeds.number_column import looks_like_number
from market_data.feeds.suggestion import guess
from portfolio.errors import InvalidTimeError
from portfolio.times import instant, is_time

_MEANING = {"sid": "symbol", "ts": "time", "quote": "price"}


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
    texts: tuple[str, ...] = ()
    """Names of columns that might hold symbols, where none is known to."""

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

    def cells(self, index: int, header_rows: int) -> list[str]:
        """Return the cells of a column that are not empty."""
        rows = self.rows[header_rows:]
        return [row[index].strip() for row in rows if len(row) > index and row[index].strip()]


def find_plan(sample: Sample, named: Mapping[str, str]) -> Plan:
    """Return where everything is.

    :param named: names by field, as the header has them or in another case, or places from 1 on.
    :raises UnknownColumnError: if a named column is not there.
    :raises UnusableFileError: if there is none for the time or the price, or several might be it.
    """
    rows = sample.rows
    if named.keys() & {"ts", "quote"}:
        return _by_names(sample, named, None)
    if not sample.has_header:
        return _by_names(sample, named, recognise([], rows[0], newest_first=False))
    if wide := find_wide(sample):
        return wide
    header = [plain(name) for name in rows[0]]
    first = rows[1] if len(rows) > 1 else []
    layout = recognise(header, first, newest_first=_goes_back(rows[1:], header))
    if layout is None and sample.is_text:
        layout = recognise([], rows[0], newest_first=False)
    return _by_names(sample, named, layout)


def _by_names(sample: Sample, named: Mapping[str, str], layout: Layout | None) -> Plan:
    rows = sample.rows
    header_rows = 1 if sample.has_header and (layout is None or layout.header) else 0
    if layout is not None and not layout.header:
        names = Names(layout.names.split(), sample.shown)
    elif header_rows:
        names = Names([name.strip() for name in rows[0]], sample.shown)
    else:
        names = Names([str(n) for n in range(1, len(rows[0]) + 1)], sample.shown)

    def find(key: str) -> int | None:
        if key in named:
            return names.named(key, named[key])
        if layout is not None and key in ("quote", "volume", "size"):
            return names.find(getattr(layout, key))
        if key == "quote":
            return _find_price(names, sample, header_rows)
        if key == "sid":
            return names.first_of(RECOGNISED[key])
        return names.find(key, is_chosen=False)

    chosen = named.get("ts") or (layout.ts if layout else None)
    ts = names.both(chosen) if chosen else _find_time(names, sample, header_rows)
    quote = find("quote")
    if quote is None or not ts:
        missing = "ts" if quote is not None else "quote"
        found = f"no {_MEANING[missing]} among the columns {names}"
        if missing == "ts" and not names.names[0]:
            found += f"; of the first, without a name, {_why_no_time(sample.cells(0, header_rows))}"
        options = guess(rows, has_header=sample.has_header) if sample.is_text else ""
        raise UnusableFileError(sample.shown, found, options or accepted(missing))
    fields = [(name, index) for name in FIELDS if (index := find(name)) is not None]
    is_bar = {"high", "low"} <= {name for name, _index in fields}
    series = Series(sample.symbol, find("sid"), quote, tuple(fields))
    plan = Plan(ts, (series,), layout, is_bar, header_rows)
    texts = tuple(_texts(names, sample, plan))
    whole = [row for row in rows[header_rows:] if len(row) == len(names.names)]
    if series.sid is not None:
        _check_one_price(names, sample.shown, plan, texts, whole)
        return plan
    index = of_bars(whole, plan.ts, texts, plan.is_bar)
    if index is not None:
        found = f'times come more than once, but for one text of "{names.names[index]}" each once'
    elif (index := of_ticks(whole, quote, plan.needed)) is not None:
        found = f'prices go to and fro, but hardly for one value of "{names.names[index]}"'
    if index is not None:
        option = f"--columns sid={names.names[index]}, as these seem to be the instruments"
        raise UnusableFileError(sample.shown, found, option)
    return plan._replace(texts=tuple(names.names[index] for index in texts))


def _check_one_price(
    names: Names, shown: str, plan: Plan, texts: Sequence[int], rows: Sequence[Sequence[str]]
) -> None:
    """Refuse a table that has an instrument at two exchanges, or in two currencies."""
    (series,) = plan.series
    assert series.sid is not None
    others = set(range(len(names.names))) - set(texts)
    by_symbol: dict[str, list[Sequence[str]]] = {}
    for row in rows:
        by_symbol.setdefault(row[series.sid].strip(), []).append(row)
    for symbol, own in by_symbol.items():
        index = of_ticks(own, series.price, others)
        if index is not None:
            name = names.names[index]
            found = f'prices of {symbol} go to and fro, but hardly for one value of "{name}"'
            raise UnusableFileError(shown, found, f'a table for each value of "{name}"')


def _find_price(names: Names, sample: Sample, header_rows: int) -> int | None:
    """Return the first column of a recognised name; one that holds numbers before others."""
    found = [at for name in RECOGNISED["quote"] if (at := names.find(name)) is not None]
    with_numbers = (
        at for at in found if any(map(looks_like_number, sample.cells(at, header_rows)))
    )
    return next(with_numbers, found[0] if found else None)


def _find_time(names: Names, sample: Sample, header_rows: int) -> tuple[int, ...]:
    """Return the column, or the two, of the time; nothing if there is none."""
    found = names.first_of(RECOGNISED["ts"])
    if found is None:
        # pandas writes the index, here the date, as a first column without a name
        is_nameless = bool(names.names) and not names.names[0]
        cells = sample.cells(0, header_rows)
        return (0,) if is_nameless and (not cells or any(map(is_time, cells))) else ()
    if found != names.find("date"):
        return (found,)
    days = [day_of(day) for day in sample.cells(found, header_rows)]
    if any(":" in day for day in days):
        return (found,)
    for name in (*CLOCKS, *PARTS):
        clock = names.find(name)
        cells = [] if clock is None else sample.cells(clock, header_rows)
        if clock is None or not cells:
            continue
        if name in CLOCKS and DateAndTime(cells, is_formatted=False).can_read(cells):
            return found, clock
        both = f"{names.names[found]}+{names.names[clock]}"
        raise UnusableFileError(
            sample.shown,
            f'"{cells[0]:.20}" in the column {names.names[clock]} may be a time of day',
            f"--columns ts={both} with its --time-format, or --columns ts={names.names[found]} for"
            " the dates alone",
        )
    return (found,)


def _why_no_time(cells: Sequence[str]) -> str:
    for cell in cells[:1]:
        try:
            instant(cell)
        except InvalidTimeError as error:
            return str(error)
    return "every cell is empty"


def _goes_back(body: Sequence[Sequence[str]], header: Sequence[str]) -> bool:
    """Tell whether the first rows are of ever earlier times."""
    at = next((header.index(name) for name in RECOGNISED["ts"] if name in header), None)
    texts = [] if at is None else [row[at].strip() for row in body[:50] if len(row) > at]
    times = [instant(text) for text in texts if is_time(text)]
    # pages of an interface that overlap go forward now and then
    back = sum(earlier > later for earlier, later in pairwise(times))
    return 2 * back > len(times) > 1


def _texts(names: Names, sample: Sample, plan: Plan) -> Iterator[int]:
    """Yield the columns that might hold symbols: of texts, of which some come again."""
    for index in range(len(names.names)):
        cells = sample.cells(index, plan.header_rows)
        is_text = cells and not any(looks_like_number(c) or is_time(c) for c in cells)
        if index not in plan.needed and is_text and len(set(cells)) < len(cells):
            yield index


def find_wide(sample: Sample) -> Plan | None:
    """Return the plan of a table of yfinance: rows of names, of symbols, and of the index' name."""
    rows = sample.rows
    if len(rows) < 4 or len(rows[0]) < 2:
        return None
    first_cells = {rows[0][0].strip(), rows[1][0].strip()}
    if not first_cells <= {"Price", "Ticker", "Attributes", "Symbols", ""}:
        return None
    if plain(rows[2][0]) not in ("date", "datetime") or any(cell.strip() for cell in rows[2][1:]):
        return None
    prices, tickers = (rows[0], rows[1]) if "close" in map(plain, rows[0]) else (rows[1], rows[0])
    by_ticker: dict[str, dict[str, int]] = {}
    for index in range(1, min(len(prices), len(tickers))):
        by_ticker.setdefault(tickers[index].strip(), {})[plain(prices[index])] = index
    if any("close" not in columns for columns in by_ticker.values()):
        return None
    series = tuple(
        Series(
            ticker,
            None,
            columns["close"],
            tuple((name, columns[name]) for name in FIELDS if name in columns),
        )
        for ticker, columns in by_ticker.items()
    )
    return Plan((0,), series, YFINANCE, True, 3)

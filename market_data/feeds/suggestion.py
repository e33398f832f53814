"""The options that would read a table which cannot be read as it is."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from zoneinfo import available_timezones

from market_data.feeds.columns import RECOGNISED
from market_data.feeds.date_and_time import DateAndTime, looks_like_clock
from market_data.feeds.invalid_quote import InvalidQuoteError
from market_data.feeds.layouts import plain
from market_data.feeds.number_column import NOTHING, looks_like_number, separators
from portfolio.times import is_time

# Parts of the names of prices in the languages that such files are often written in; the likelier
# to be a closing price, the earlier.
_PRICES = (
    *("close", "clos", "schlu", "letzt", "cierre", "último", "ultimo", "clôt", "clot", "dernier"),
    *("chius", "slot", "收盘", "終値", "last", "settle", "price", "kurs", "value", "bid", "ask"),
)
# Parts of the names of numbers that are not prices to trade at.
_NO_PRICES = re.compile(
    r"return|^ret|vol|qty|quan|amount|size|shares|turnover|count|trades|number|no\.|interest|%|chang|prev|"
    r"(?:^|[\W_])id(?:$|[\W_])|seq|flag|stück|stuec|umsatz|wap|open|high|low|eröff|höchst|tiefst|hoch|tief|erst",
    re.IGNORECASE,
)

_DATES = (
    *("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%y", "%d/%m/%y"),
    *("%m/%d/%y", "%y/%m/%d", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y"),
    *("%d %B %Y", "%d-%B-%Y", "%Y-%b-%d", "%a, %d %b %Y", "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d"),
    *("%Y%m%d", "%b %Y", "%Y-%m"),
)
_DIGITS = ("%d%m%Y", "%m%d%Y", "%y%m%d", "%d%m%y", "%m%d%y")
"""Dates of 6 or 8 digits that are not taken for numbers of years, months and days."""
_CLOCKS = (
    *("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", " %I-%p", ", %H:%M"),
    *(", %H:%M:%S", "-%H:%M:%S", " %H%M", " %H%M%S", " %H%M%S%f", "%H%M%S%f", " %H:%M:%S %Z"),
    *(" %H:%M:%S.%f %Z", " %H:%M:%S GMT%z", " %H:%M:%S.%f GMT%z", ";%H%M%S"),
)

_BELOW_0 = re.compile(r"[-(]\D?\d")
_MAX_BAR = 5
"""Between the highest and the lowest price of a bar, the largest ratio."""


def time_formats(texts: Sequence[str]) -> list[str]:
    """Return the formats, in the letters of `strptime`, that read all texts."""
    days = [day for day in _DATES if any(_reads(f"{day}{clock}", texts[:1]) for clock in _CLOCKS)]
    return [f"{day}{clock}" for day in days for clock in _CLOCKS if _reads(f"{day}{clock}", texts)]


def guess(rows: Sequence[Sequence[str]], *, has_header: bool) -> str:
    """Return options that would read a table whose columns are not known.

    :param rows: the first ones, with the header.
    :return: as they are written on a command line; empty if there is no time, or no price, in it.
    """
    width = max(set(map(len, rows)), key=list(map(len, rows)).count)
    is_header = has_header and len(rows[0]) == width and not any(map(_is_value, rows[0]))
    body = [row for row in rows[is_header:] if len(row) == width]
    cells = [[row[index].strip() for row in body] for index in range(width)]
    times = [n for n in range(width) if _all(_may_be_time, cells[n])]
    # a number may be a time by chance
    times.sort(key=lambda n: _all(looks_like_number, cells[n]))
    prices = [
        n
        for n in range(width)
        if n not in times[:1] and _are_prices(cells[n]) and not _counts(cells[n])
    ]
    names = [name.strip() for name in rows[0]] if is_header else [""] * width
    prices = [n for n in prices if plain(names[n]).strip("<>#") not in RECOGNISED["sid"]]
    if not body or not times or not prices:
        return ""
    ts = [times[0], *_clock_beside(times[0], cells)]
    prices = [n for n in prices if n not in ts]
    likely = _likely_prices(prices, names, cells) if prices else []
    if not likely:
        return ""

    def called(index: int) -> str:
        return names[index] or str(index + 1)

    columns = f"ts={'+'.join(map(called, ts))},quote={called(likely[0])}"
    options = [] if is_header else ["--no-header"]
    options.append(f"--columns {shlex.quote(columns)}")
    options.append(suggest(body, ts, likely[0]))
    if len(likely) > 1:
        options.append(f"(or the price in {', '.join(map(called, likely[1:6]))})")
    return " ".join(filter(None, options))


def suggest(rows: Sequence[Sequence[str]], ts: Sequence[int], price: int) -> str:
    """Return options that would read times and prices of a table whose columns are known.

    :param rows: the first ones, without the header.
    :param ts: the columns of the time.
    """
    body = [row for row in rows if len(row) > max(*ts, price)]
    times = [row[ts[0]].strip() for row in body]
    if len(ts) > 1:
        clocks = [row[ts[1]] for row in body]
        both = DateAndTime(clocks, is_formatted=not _all(is_time, times))
        times = list(_joined(both, times, clocks))
    options = separators(row[price] for row in body), *_time_options(times)
    return " ".join(filter(None, options))


def _joined(both: DateAndTime, days: Iterable[str], clocks: Iterable[str]) -> Iterator[str]:
    for day, clock in zip(days, clocks, strict=True):
        try:
            yield both.join(day, clock)
        except InvalidQuoteError:
            continue


def _clock_beside(ts: int, cells: Sequence[Sequence[str]]) -> list[int]:
    """Return the column behind that of a date if it holds times of day."""
    beside = cells[ts + 1] if ts + 1 < len(cells) else []
    has_clock = any(":" in text for text in cells[ts])
    is_clock = _all(looks_like_clock, beside) and (
        any(":" in text for text in beside) or _are_clocks_of_days(cells[ts], beside)
    )
    return [ts + 1] if is_clock and not has_clock else []


def _are_clocks_of_days(days: Sequence[str], digits: Sequence[str]) -> bool:
    """Tell whether digits may be the times of day of dates that come again."""
    steps = pairwise(zip(days, digits, strict=True))
    rises = [int(later) > int(clock) for (day, clock), (same, later) in steps if day == same]
    return all(rises) and bool(rises) and DateAndTime(digits, is_formatted=False).can_read(digits)


def _likely_prices(
    prices: Sequence[int], names: Sequence[str], cells: Sequence[Sequence[str]]
) -> list[int]:
    """Return the columns that may hold the price, the likeliest first."""
    possible = [n for n in prices if not _NO_PRICES.search(names[n])]
    for part in _PRICES:
        found = [n for n in possible if part in names[n].lower()]
        if found:
            return found[:1]
    bars = (possible[n : n + 4] for n in range(len(possible) - 3))
    closes = (close for bar in bars if (close := _close_of(bar, cells)) is not None)
    close = next(closes, None)
    return [close] if close is not None else sorted(possible, key=lambda n: _rises(cells[n]))


def _close_of(bar: Sequence[int], cells: Sequence[Sequence[str]]) -> int | None:
    """Return which of four columns is the close of a bar; None if they are no bar.

    Tools write them in several orders, but the open before the close.
    """
    try:
        rows = [tuple(map(_as_float, row)) for row in zip(*(cells[n] for n in bar), strict=True)]
    except ValueError:
        return None
    # a volume may be the highest, or the lowest, of four numbers as well
    if any(max(row) > _MAX_BAR * min(row) for row in rows):
        return None
    highs = [n for n in range(4) if all(row[n] == max(row) for row in rows)]
    lows = [n for n in range(4) if all(row[n] == min(row) for row in rows)]
    ends = [bar[n] for n in range(4) if [n] not in (highs, lows)]
    return ends[1] if len(ends) == 2 else None


def _are_prices(cells: Sequence[str]) -> bool:
    """Tell whether these are numbers, and none is below 0, as of returns and changes some are."""
    return _all(looks_like_number, cells) and not any(map(_BELOW_0.match, cells))


def _counts(cells: Sequence[str]) -> bool:
    """Tell whether these are the numbers of the rows."""
    return cells[0] in ("0", "1") and cells == [str(int(cells[0]) + n) for n in range(len(cells))]


def _rises(cells: Sequence[str]) -> bool:
    """Tell whether these are whole numbers that rise with every row, as those of trades do."""
    if not all(cell.isascii() and cell.isdecimal() for cell in cells):
        return False
    return all(int(earlier) < int(later) for earlier, later in pairwise(cells))


def _as_float(text: str) -> float:
    return float(text.replace(",", "."))


def _time_options(texts: Sequence[str]) -> Iterator[str]:
    texts = [text for text in texts if text.lower() not in NOTHING]
    if not texts or all(map(is_time, texts)):
        return
    if formats := time_formats(texts):
        yield f"--time-format {' or '.join(map(shlex.quote, formats))}"
        times = [datetime.strptime(text, formats[0]).replace(tzinfo=None) for text in texts]
        if times != sorted(times):
            yield "--sort"
    elif (zone := _zone_behind(texts)) and (formats := _formats_before(zone, texts)):
        yield f"--time-format {' or '.join(map(shlex.quote, formats))} --timezone {zone}"
    elif all(re.fullmatch(r"[2-7]\d{4}(\.\d+)?", text) for text in texts):
        yield "--time-unit excel"
    elif digits := _formats_of_digits(texts):
        yield f"--time-format {' or '.join(digits)}"
    elif all(map(looks_like_number, texts)):
        yield "--time-unit s, ms, us or ns"


def _zone_behind(texts: Sequence[str]) -> str:
    """Return the time zone whose name follows all of these times; empty if there is none."""
    (zone, *others) = {text.rpartition(" ")[2] for text in texts}
    return zone if not others and zone in available_timezones() else ""


def _formats_before(zone: str, texts: Sequence[str]) -> list[str]:
    return [f"{each} {zone}" for each in time_formats([t.removesuffix(f" {zone}") for t in texts])]


def _formats_of_digits(texts: Sequence[str]) -> list[str]:
    """Return the formats that read all of these digits as dates."""
    if not all(re.fullmatch(r"\d{6}|\d{8}", text) and len(text) == len(texts[0]) for text in texts):
        return []
    # the year of %d%m%Y may be the 102nd
    formats = [each for each in _DIGITS if ("%Y" in each) == (len(texts[0]) == 8)]
    return [each for each in formats if _reads(each, texts)]


def _all(holds: Callable[[str], bool], cells: Iterable[str]) -> bool:
    """Tell whether it holds of the first cells that are not missing."""
    found = [cell for cell in cells if cell.lower() not in NOTHING][:20]
    return bool(found) and all(map(holds, found))


def _may_be_time(text: str) -> bool:
    return is_time(text) or (not looks_like_number(text) and bool(time_formats([text])))


def _is_value(text: str) -> bool:
    return looks_like_number(text) or _may_be_time(text.strip())


def _reads(time_format: str, texts: Sequence[str]) -> bool:
    try:
        for text in texts:
            datetime.strptime(text, time_format)
    except ValueError:
        return False
    return True

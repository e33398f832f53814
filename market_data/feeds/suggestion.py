"""The options that would read a table which cannot be read as it is."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from market_data.feeds.date_and_time import DateAndTime, looks_like_clock
from market_data.feeds.invalid_quote import InvalidQuoteError
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
    r"vol|qty|quan|amount|size|shares|turnover|count|trades|number|no\.|interest|%|chang|prev|"
    r"\bid\b|seq|flag|stück|stuec|umsatz|wap|open|high|low|eröff|höchst|tiefst|hoch|tief|erst",
    re.IGNORECASE,
)

_DATES = (
    *("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%y", "%d/%m/%y"),
    *("%m/%d/%y", "%y/%m/%d", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y"),
    *("%d %B %Y", "%d-%B-%Y", "%Y-%b-%d", "%a, %d %b %Y", "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d"),
    *("%Y%m%d", "%b %Y", "%Y-%m"),
)
_CLOCKS = (
    *("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p", " %I-%p", ", %H:%M"),
    *(", %H:%M:%S", "-%H:%M:%S", " %H%M", " %H%M%S", " %H%M%S%f", "%H%M%S%f", " %H:%M:%S %Z"),
    *(" %H:%M:%S.%f %Z", " %H:%M:%S GMT%z", " %H:%M:%S.%f GMT%z"),
)


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
        if n not in times[:1] and _all(looks_like_number, cells[n]) and not _counts(cells[n])
    ]
    if not body or not times or not prices:
        return ""
    names = [name.strip() for name in rows[0]] if is_header else [""] * width
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
    is_clock = _all(looks_like_clock, beside) and any(":" in text for text in beside)
    return [ts + 1] if is_clock and not has_clock else []


def _likely_prices(
    prices: Sequence[int], names: Sequence[str], cells: Sequence[Sequence[str]]
) -> list[int]:
    """Return the columns that may hold the price, the likeliest first."""
    if any(names):
        possible = [n for n in prices if not _NO_PRICES.search(names[n])]
        for part in _PRICES:
            found = [n for n in possible if part in names[n].lower()]
            if found:
                return found[:1]
        return possible
    bars = [prices[n : n + 4] for n in range(len(prices) - 3)]
    are_bar = next((bar for bar in bars if _is_bar(*(cells[n] for n in bar))), None)
    return [are_bar[3]] if are_bar else list(prices[:1])


def _is_bar(
    opens: Sequence[str], highs: Sequence[str], lows: Sequence[str], closes: Sequence[str]
) -> bool:
    try:
        rows = [tuple(map(_as_float, row)) for row in zip(opens, highs, lows, closes, strict=True)]
    except ValueError:
        return False
    return all(
        low <= min(first, last) and max(first, last) <= high for first, high, low, last in rows
    )


def _counts(cells: Sequence[str]) -> bool:
    """Tell whether these are the numbers of the rows."""
    return cells[0] in ("0", "1") and cells == [str(int(cells[0]) + n) for n in range(len(cells))]


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
    elif all(re.fullmatch(r"[2-7]\d{4}(\.\d+)?", text) for text in texts):
        yield "--time-unit excel"
    elif all(map(looks_like_number, texts)):
        yield "--time-unit s, ms, us or ns"


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

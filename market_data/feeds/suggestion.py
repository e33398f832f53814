"""The options that would read a table which cannot be read as it is."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from datetime import datetime

from market_data.feeds.number_column import looks_like_number
from portfolio.errors import InvalidTimeError
from portfolio.times import instant

# Parts of the names of closing prices in the languages that such files are often written in.
_CLOSES = (
    *("clos", "last", "price", "schlu", "kurs", "letzt", "cierre", "último", "ultimo", "clôt"),
    *("clot", "dernier", "chius", "slot", "收盘", "終値"),
)

_DATES = (
    *("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d.%m.%y", "%d/%m/%y"),
    *("%m/%d/%y", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y", "%d %B %Y"),
    *("%Y-%b-%d", "%a, %d %b %Y", "%Y-%m-%d", "%Y/%m/%d"),
)
_CLOCKS = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", " %H:%M:%S.%f", " %H:%M:%S %Z")


def time_formats(texts: Sequence[str]) -> list[str]:
    """Return the formats, in the letters of `strptime`, that read all texts."""
    return [
        f"{day}{clock}" for day in _DATES for clock in _CLOCKS if _reads(f"{day}{clock}", texts)
    ]


def guess(rows: Sequence[Sequence[str]], *, has_header: bool) -> str:
    """Return options that would read a table whose columns are not known.

    :param rows: the first ones, with the header.
    :return: as they are written on a command line; empty if there is no time, or no price, in it.
    """
    width = len(rows[0])
    is_header = has_header and not any(map(_is_value, rows[0]))
    body = [row for row in rows[is_header:] if len(row) == width]
    if not body:
        return ""
    cells = [[row[index].strip() for row in body] for index in range(width)]
    ts = next((n for n in range(width) if all(map(_is_time, cells[n][:20]))), None)
    prices = [n for n in range(width) if n != ts and all(map(looks_like_number, cells[n][:20]))]
    if ts is None or not prices:
        return ""
    names = [name.strip() for name in rows[0]]
    price = _likeliest_price(prices, names if is_header else [], cells)
    where = (names[ts], names[price]) if is_header else (str(ts + 1), str(price + 1))
    options = [] if is_header else ["--no-header"]
    options.append(f"--columns {shlex.quote(f'ts={where[0]},quote={where[1]}')}")
    return " ".join(filter(None, [*options, suggest(body, (ts,), price)]))


def suggest(rows: Sequence[Sequence[str]], ts: Sequence[int], price: int) -> str:
    """Return options that would read times and prices of a table whose columns are known.

    :param rows: the first ones, without the header.
    :param ts: the columns of the time.
    """
    width = len(rows[0]) if rows else 0
    body = [row for row in rows if len(row) == width]
    times = [" ".join(row[at].strip() for at in ts) for row in body]
    prices = [row[price].strip() for row in body]
    return " ".join([*_separators(prices), *_time_options(times)])


def _likeliest_price(prices: list[int], names: Sequence[str], cells: list[list[str]]) -> int:
    for part in _CLOSES:
        for index in prices:
            if names and part in names[index].lower():
                return index
    # open, high, low, close, volume: of those with a fraction the fourth
    broken = [n for n in prices if any(re.search(r"[.,]\d", text) for text in cells[n])] or prices
    return broken[3] if len(broken) > 3 else broken[-1]


def _separators(texts: Sequence[str]) -> Iterator[str]:
    commas = any(re.search(r",(\d{1,2}|\d{4,})$", text) for text in texts)
    if commas:
        yield "--decimal ,"
        if any(re.search(r"\d\.\d{3}", text) for text in texts):
            yield "--thousands ."
    elif any(re.search(r"\d,\d{3}", text) for text in texts):
        yield "--thousands ,"


def _time_options(texts: Sequence[str]) -> Iterator[str]:
    texts = [text for text in texts if text]
    if not texts or all(map(_is_instant, texts)):
        return
    if all(re.fullmatch(r"[2-9]\d{4}(\.\d+)?", text) for text in texts):
        yield "--time-unit excel"
    elif all(map(looks_like_number, texts)):
        yield "--time-unit s, ms, us or ns"
    elif formats := time_formats(texts):
        yield f"--time-format {' or '.join(map(shlex.quote, formats))}"
        times = [datetime.strptime(text, formats[0]) for text in texts]
        if times != sorted(times):
            yield "--sort"


def _is_time(text: str) -> bool:
    return _is_instant(text) or bool(time_formats([text]))


def _is_instant(text: str) -> bool:
    try:
        instant(text)
    except InvalidTimeError:
        return False
    return True


def _is_value(text: str) -> bool:
    return looks_like_number(text) or _is_time(text.strip())


def _reads(time_format: str, texts: Sequence[str]) -> bool:
    try:
        for text in texts:
            datetime.strptime(text, time_format)
    except ValueError:
        return False
    return True

"""Cells of a table become quotes, a batch of rows at a time.

Nearly every batch holds nothing but proper values, and then each column is read as a whole, which
takes a third of the time. Any doubt about a column, and its cells are read one by one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import count, repeat
from operator import methodcaller
from typing import Any, NamedTuple

from market_data.feeds.quote import MAX_PRICE, MAX_SID, NoQuoteError, Quote, SkippedRow

# Rows that are read at once: enough to forget the cost per batch, few to keep in memory.
BATCH = 1024

# Whole numbers of more digits are no epoch milliseconds.
_MAX_DIGITS = 18

OnSkip = Callable[[SkippedRow], None]


class Cells(NamedTuple):
    """Rows of a table by columns of equal length, of texts or of what a database returns."""

    sids: Sequence[Any]
    times: Sequence[Any]
    prices: Sequence[Any]


def make_quotes(cells: Cells, first_row: int, source: str, on_skip: OnSkip) -> list[Quote]:
    """Return the quotes; a row that is none goes to `on_skip`.

    The symbol is a text or a whole number, the time a text, a number or a date, the price a number
    or its text. White space around texts is no part of them.
    """
    try:
        fields = _all_sids(cells.sids), _all_prices(cells.prices), _all_times(cells.times)
    except (ValueError, TypeError, ArithmeticError):
        return list(_one_by_one(cells, first_row, source, on_skip))
    return list(map(Quote._make, zip(*fields, count(first_row), repeat(source), repeat(None))))


def _one_by_one(cells: Cells, first_row: int, source: str, on_skip: OnSkip) -> Iterable[Quote]:
    for row, (sid, time, price) in enumerate(zip(*cells, strict=True), start=first_row):
        try:
            symbol, ts = _sid(sid), _time(time)
            yield Quote(symbol, _price(price), ts, row, source)
        except NoQuoteError as error:
            on_skip(error.skipped(source, row))


def _all_sids(cells: Sequence[Any]) -> list[str]:
    sids = list(map(str.strip, cells))
    lengths = set(map(len, set(sids)))
    if min(lengths) == 0 or max(lengths) > MAX_SID:
        raise ValueError
    return sids


def _sid(cell: object) -> str:
    if cell is None:
        raise NoQuoteError("missing", "no symbol")
    if type(cell) is int:
        return str(cell)
    if not isinstance(cell, str):
        raise NoQuoteError("malformed", f"the symbol {cell!r:.40} is not a text")
    sid = cell.strip()
    if not sid:
        raise NoQuoteError("missing", "no symbol")
    if len(sid) > MAX_SID:
        raise NoQuoteError(
            "malformed", f"the symbol {sid[:40]!r}… has more than {MAX_SID} characters"
        )
    return sid


def _all_times(cells: Sequence[Any]) -> Sequence[str | int | float]:
    types = set(map(type, cells))
    if types == {int}:
        return cells
    if types <= {date, datetime}:
        return list(map(methodcaller("isoformat"), cells))
    texts = list(map(str.strip, cells))
    if "" in texts:
        raise ValueError
    if any(map(str.isdecimal, texts)):
        return [int(text) if _is_whole(text) else text for text in texts]
    return texts


def _time(cell: object) -> str | int | float:
    if isinstance(cell, str):
        cell = cell.strip()
    if cell is None or cell == "" or cell != cell:  # NaN is what pandas has for nothing
        raise NoQuoteError("missing", "no time")
    if isinstance(cell, str):
        return int(cell) if _is_whole(cell) else cell
    if isinstance(cell, date):
        return cell.isoformat()
    if type(cell) is int:
        return cell
    if isinstance(cell, float | Decimal) and math.isfinite(cell):
        return int(cell) if cell == math.floor(cell) else float(cell)
    raise NoQuoteError("malformed", f"the time {cell!r:.40} is neither a text nor a number")


def _is_whole(text: str) -> bool:
    # int() takes the digits of every script
    return text.isdecimal() and text.isascii() and len(text) <= _MAX_DIGITS


def _all_prices(cells: Sequence[Any]) -> list[float]:
    types = set(map(type, cells))
    if types == {str}:
        _check_plain("".join(cells))
    elif not types <= {float, int}:
        raise TypeError
    prices = list(map(float, cells))
    # min() and max() may step over a NaN, a sum never does
    if not 0 < min(prices) <= max(prices) <= MAX_PRICE or math.isnan(sum(prices)):
        raise ValueError
    return prices


def _check_plain(text: str) -> None:
    # float() takes 1_000 for 1000, and the digits of every script
    if not text.isascii() or "_" in text:
        raise ValueError


def _price(cell: object) -> float:
    if isinstance(cell, str):
        cell = cell.strip()
    if cell is None or cell == "":
        raise NoQuoteError("missing", "no price")
    shown = f"the price {cell[:40]!r}" if isinstance(cell, str) else f"the price {cell!r:.40}"
    try:
        if isinstance(cell, str):
            _check_plain(cell)
        elif isinstance(cell, bool) or not isinstance(cell, int | float | Decimal):
            raise TypeError
        price = float(cell)
    except OverflowError:
        price = math.inf
    except (ValueError, TypeError):
        price = math.nan
    if math.isnan(price):
        raise NoQuoteError("absurd", f"{shown} is not a number")
    if math.isinf(price):
        raise NoQuoteError("absurd", f"{shown} is not finite")
    if price <= 0:
        raise NoQuoteError("absurd", f"{shown} is not above 0")
    if price > MAX_PRICE:
        raise NoQuoteError("absurd", f"{shown} is above {MAX_PRICE:g}")
    return price

"""Cells of a table's prices, and of the other numbers of a quote, become floats."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from market_data.feeds.bounds import MAX_PRICE
from market_data.feeds.invalid_quote import InvalidQuoteError
from portfolio.times import MAX_SAFE

NOTHING = {"", "null", "nan", "nat", "none", "na", "n/a", "#n/a", "#n/a n/a", "n/d", "-", "--", "."}
"""What tools write, in lower case, where there is no value."""

_SPACES = "\u00a0\u202f\u2009"
_CURRENCY = "$\u20ac\u00a3\u00a5\u20b9"

# In India the groups before the last one are of two.
_WHOLE: dict[str | None, str] = {
    None: r"\d+",
    **{
        each: rf"(?:[1-9]\d{{0,2}}(?:{re.escape(each)}\d{{2,3}})*{re.escape(each)}\d{{3}}|\d+)"
        for each in (",", ".", " ", "'", "\u2019", "_")
    },
}


class SeparatorError(Exception):
    """A price has separators that were not named, so that the whole table needs the option."""

    def __init__(self, text: str, option: str):
        super().__init__(f'the price "{text}" has separators')
        self.text = text
        self.option = option


class NumberColumn:
    """Reads the numbers of one source.

    :param decimal: what separates the fraction.
    :param thousands: what separates the thousands; None for nothing.
    """

    def __init__(self, decimal: str = ".", thousands: str | None = None):
        thousands = " " if thousands is not None and thousands in _SPACES else thousands
        self._decimal = decimal
        self._thousands = thousands
        self._is_plain = decimal == "." and thousands is None
        point, whole = re.escape(decimal), _WHOLE[thousands]
        self._grammar = re.compile(
            rf"[+-]?(?:{whole}(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d+)?", re.ASCII
        )
        self.unread: dict[str, tuple[int, str]] = {}
        """By name of a field: the number of cells that are not numbers, and the first of them."""

    def reads(self, text: str) -> bool:
        """Tell whether a text is a number as this source writes them."""
        return self._number(text.strip()) is not None

    def prices(self, cells: Sequence[Any]) -> list[float]:
        """Read a column of prices as a whole.

        :raises ValueError, TypeError, ArithmeticError: at any doubt: then its cells are to be read
            one by one.
        """
        if type(cells[0]) is str:
            if not self._is_plain:
                raise ValueError
            _check_plain("".join(cells))
        elif not set(map(type, cells)) <= {float, int}:
            raise TypeError
        prices = list(map(float, cells))
        # min() and max() may step over a NaN, a sum never does
        if not 0 < min(prices) <= max(prices) <= MAX_PRICE or math.isnan(sum(prices)):
            raise ValueError
        return prices

    def price(self, cell: object) -> float:
        """Read one price.

        :raises InvalidQuoteError: if it is not a price.
        :raises SeparatorError: if an option is needed to read it.
        """
        if isinstance(cell, str):
            cell = cell.strip()
            if cell.lower() in NOTHING:
                raise InvalidQuoteError("missing", f'the price is "{cell}"' if cell else "no price")
        if cell is None or cell != cell:
            raise InvalidQuoteError("missing", "no price")
        shown = f"the price {cell[:40]!r}" if isinstance(cell, str) else f"the price {cell!r:.40}"
        price = self._number(cell)
        if price is None:
            if isinstance(cell, str) and (option := separators([cell])):
                raise SeparatorError(cell, option)
            raise InvalidQuoteError("not_a_price", f"{shown} is not a number")
        if math.isinf(price):
            raise InvalidQuoteError("not_a_price", f"{shown} is not finite")
        if price <= 0:
            raise InvalidQuoteError("not_positive", f"{shown} is not above 0")
        if price > MAX_PRICE:
            raise InvalidQuoteError("not_a_price", f"{shown} is above {MAX_PRICE:g}")
        return price

    def fields(self, name: str, cells: Sequence[Any]) -> Sequence[float | None]:
        """Read a column of other numbers; whole ones are integers; None is not a number.

        A number of one value is of one type then, whether it went through JSON or not.

        :param name: of the field, for `unread`.
        """
        try:
            if type(cells[0]) is str:
                if not self._is_plain:
                    raise ValueError
                return _of_texts(cells)
            if not set(map(type, cells)) <= {int, float}:
                raise TypeError
            return _whole_as_integers(list(map(float, cells)))
        except (ValueError, TypeError, OverflowError):
            numbers = list(map(self._field, cells))
        for cell, number in zip(cells, numbers, strict=True):
            if number is None and isinstance(cell, str) and cell.strip().lower() not in NOTHING:
                count, first = self.unread.get(name, (0, cell.strip()))
                self.unread[name] = count + 1, first
        return numbers

    def _field(self, cell: object) -> float | None:
        number = self._number(cell.strip() if isinstance(cell, str) else cell)
        if number is None or not math.isfinite(number):
            return None
        return int(number) if number.is_integer() and abs(number) <= MAX_SAFE else number

    def _number(self, cell: object) -> float | None:
        """Return a number as the nearest float; None if it is not one."""
        try:
            if isinstance(cell, str):
                if cell[:1] in _CURRENCY or cell[-1:] in _CURRENCY:
                    cell = cell.strip(_CURRENCY).strip()
                if self._thousands == " ":
                    cell = cell.translate(_AS_SPACES)
                if not self._grammar.fullmatch(cell):
                    return math.inf if cell.lower() in ("inf", "infinity", "+inf") else None
                if self._thousands is not None:
                    cell = cell.replace(self._thousands, "")
                return float(cell.replace(self._decimal, "."))
            if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal):
                return None
            number = float(cell)
        except OverflowError:
            return math.inf
        return None if math.isnan(number) else number


_AS_SPACES = dict.fromkeys(map(ord, _SPACES), " ")

# How numbers are written, the usual ways first.
_WAYS = [
    (NumberColumn(".", None), ""),
    (NumberColumn(",", None), "--decimal ,"),
    (NumberColumn(".", ","), "--thousands ,"),
    (NumberColumn(",", "."), "--decimal , --thousands ."),
    (NumberColumn(",", " "), "--decimal , --thousands ' '"),
    (NumberColumn(".", " "), "--thousands ' '"),
    (NumberColumn(".", "'"), """--thousands "'\""""),
    (NumberColumn(".", "\u2019"), "--thousands \u2019"),
    (NumberColumn(",", "'"), """--decimal , --thousands "'\""""),
]


def separators(texts: Iterable[str]) -> str:
    """Return the options by which all texts are numbers; empty if none are needed, or none help.

    Where two readings are possible, as of `1,085`, both are named.
    """
    found = [text.strip() for text in texts if text.strip().lower() not in NOTHING]
    ways = [option for column, option in _WAYS if all(map(column.reads, found))]
    if not ways or not ways[0] or not found:
        return ""
    is_doubtful = ways[0] == "--decimal ," and "--thousands ," in ways
    return "--thousands , or --decimal , as the file means it" if is_doubtful else ways[0]


def _of_texts(cells: Sequence[str]) -> Sequence[float]:
    _check_plain("".join(cells))
    try:
        whole = list(map(int, cells))
    except ValueError:
        return _whole_as_integers(list(map(float, cells)))
    if not -MAX_SAFE <= min(whole) <= max(whole) <= MAX_SAFE:
        raise ValueError
    return whole


def _whole_as_integers(numbers: list[float]) -> Sequence[float]:
    """Return integers for what is whole, as far as JSON carries them exactly."""
    if not math.isfinite(sum(numbers)):
        raise ValueError
    if not any(map(float.is_integer, numbers)):
        return numbers
    return [int(n) if n.is_integer() and -MAX_SAFE <= n <= MAX_SAFE else n for n in numbers]


def _check_plain(text: str) -> None:
    # float() takes 1_000 for 1000, and the digits of every script
    if not text.isascii() or "_" in text:
        raise ValueError


def looks_like_number(text: str) -> bool:
    """Tell whether a text might be a number of some language."""
    return any(column.reads(text) for column, _option in _WAYS)

"""Cells of a table's prices, and of the other numbers of a quote, become floats."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from market_data.feeds.quote import MAX_PRICE, NoQuoteError
from portfolio.times import MAX_SAFE

# What tools write where there is no value.
_NOTHING = {"", "null", "nan", "none", "na", "n/a", "#n/a", "-", "."}

_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"-?\d{1,3}([,. '\u00a0\u202f\u2019])\d{3}(\1\d{3})*([.,]\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"-?\d+,\d+", re.ASCII)


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
        self._decimal = decimal
        self._thousands = thousands
        self._is_plain = decimal == "." and thousands is None
        point = re.escape(decimal)
        whole = r"\d+"
        if thousands is not None:
            # in India the groups before the last one are of two
            group = re.escape(thousands)
            whole = rf"(?:\d{{1,3}}(?:{group}\d{{2,3}})*{group}\d{{3}}|\d+)"
        self._grammar = re.compile(
            rf"[+-]?(?:{whole}(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d+)?", re.ASCII
        )

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

        :raises NoQuoteError: if it is none.
        :raises SeparatorError: if an option is needed to read it.
        """
        if isinstance(cell, str):
            cell = cell.strip()
            if cell.lower() in _NOTHING:
                raise NoQuoteError("missing", f'the price is "{cell}"' if cell else "no price")
        if cell is None or cell != cell:
            raise NoQuoteError("missing", "no price")
        shown = f"the price {cell[:40]!r}" if isinstance(cell, str) else f"the price {cell!r:.40}"
        price = self._number(cell)
        if price is None:
            if isinstance(cell, str) and (option := self._option(cell)):
                raise SeparatorError(cell, option)
            raise NoQuoteError("not_a_price", f"{shown} is not a number")
        if math.isinf(price):
            raise NoQuoteError("not_a_price", f"{shown} is not finite")
        if price <= 0:
            raise NoQuoteError("not_positive", f"{shown} is not above 0")
        if price > MAX_PRICE:
            raise NoQuoteError("not_a_price", f"{shown} is above {MAX_PRICE:g}")
        return price

    def fields(self, cells: Sequence[Any]) -> Sequence[float | None]:
        """Read a column of other numbers; whole ones are integers, None is no number.

        A number of one value is of one type then, whether it went through JSON or not.
        """
        types = set(map(type, cells))
        try:
            if types == {str}:
                if not self._is_plain:
                    raise ValueError
                return _of_texts(cells)
            if not types <= {int, float}:
                raise TypeError
            return _whole_as_integers(list(map(float, cells)))
        except (ValueError, TypeError, OverflowError):
            return list(map(self._field, cells))

    def _field(self, cell: object) -> float | None:
        number = self._number(cell.strip() if isinstance(cell, str) else cell)
        if number is None or not math.isfinite(number):
            return None
        return int(number) if number.is_integer() and abs(number) <= MAX_SAFE else number

    def _number(self, cell: object) -> float | None:
        """Return a number as the nearest float; None if it is none."""
        try:
            if isinstance(cell, str):
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

    def _option(self, text: str) -> str:
        """Return the options that would read a number with separators; empty if there are none."""
        match = _THOUSANDS.fullmatch(text)
        if match:
            thousands, rest = match[1], match[3]
            decimal = rest[0] if rest else ""
            if thousands == "," and not match[2] and not rest:
                return "--thousands , or --decimal , as the file means it"
            quoted = f'"{thousands}"' if thousands not in ",." else thousands
            return f"--thousands {quoted}" + (" --decimal ," if decimal == "," else "")
        return "--decimal ," if _DECIMAL_COMMA.fullmatch(text) else ""


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
    text = text.strip()
    return bool(
        _PLAIN.fullmatch(text) or _THOUSANDS.fullmatch(text) or _DECIMAL_COMMA.fullmatch(text)
    )

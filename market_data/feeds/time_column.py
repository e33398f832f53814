"""Cells of a table's time become `ts` and instants."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from market_data.feeds.invalid_quote import InvalidQuoteError, Problem
from market_data.feeds.zones import Zone
from portfolio.errors import InvalidTimeError
from portfolio.times import (
    DAY,
    MAX_SAFE,
    SECOND,
    TICK,
    TICKS_BEFORE_1970,
    UNITS,
    instant,
    instants,
    is_local,
    within,
)

Times = tuple[Sequence[str | int | float], Sequence[int]]
"""`ts` of each quote, and its instant in nanoseconds since 1970."""

# Excel counts days from 1899-12-30. Five decimals, as it shows them, are 0.86 s apart.
_EXCEL_EPOCH = -25_569 * DAY
_EXCEL_ROUNDING = SECOND // 2
_MILLISECOND = 10**6

_UNITS_THAT_READ = {
    "time_range": "--time-unit",
    "time_ambiguous": "--time-unit ticks, or --time-unit ns",
}
"""The option that reads a number, by the code with which it is refused."""

# Beyond it no unit has a time.
_MAX_NUMBER = 10**19

_EPOCH = datetime(1970, 1, 1)


class TimeColumn:
    """Reads the times of one source.

    :param unit: what a number means; None to infer it from the magnitude.
    :param time_format: in the letters of `strptime`; None for the texts of the contract.
    :param zone: of times without an offset; None for UTC, whose text then stays as it is.
    :param is_combined: whether the date and the time of day are in columns of their own.
    :param names_days: whether the numbers of Excel are whole: then they are dates, of any zone.
    :param is_regular: whether an instrument has no two quotes at one time, so that an hour that
        comes twice is known from its first time again.
    :param newest_first: whether the rows go back in time.
    """

    def __init__(
        self,
        unit: str | None = None,
        time_format: str | None = None,
        zone: Zone | None = None,
        *,
        is_combined: bool = False,
        names_days: bool = False,
        is_regular: bool = False,
        newest_first: bool = False,
    ):
        self._unit = unit
        self._format = time_format
        self._zone = zone
        self._written = zone or Zone()
        self._is_combined = is_combined
        self._is_regular = is_regular
        self._newest_first = newest_first
        self._latest: dict[object, int] = {}
        is_plain = not (unit or time_format or zone)
        self.is_verbatim = is_plain and not is_combined
        self._is_only_combined = is_plain and is_combined
        self._names_days = names_days
        self.twice: list[str] = []
        """Times of an hour that comes twice, as they are written; the order of the rows tells which
        of the two each is."""

    def column(self, cells: Sequence[Any], keys: Iterable[object]) -> Times:
        """Read a column as a whole.

        :param keys: the instrument of each cell.
        :raises ValueError, TypeError: at any doubt: then its cells are to be read one by one.
        """
        if not (self.is_verbatim or self._is_only_combined):
            return self._one_after_another(cells, keys)
        if self._is_only_combined:
            found = instants(cells)
            return list(map(self.written, found)), found
        types = set(map(type, cells))
        if types == {int}:
            return cells, instants(cells)
        texts = list(map(str.strip, cells))  # TypeError: they are of other types
        found = instants(texts)
        if any(map(str.isdecimal, texts)):
            return list(map(_as_given, texts)), found
        return texts, found

    def _one_after_another(self, cells: Sequence[Any], keys: Iterable[object]) -> Times:
        latest, twice = dict(self._latest), len(self.twice)
        try:
            read = [self.one(cell, key) for cell, key in zip(cells, keys, strict=False)]
        except InvalidQuoteError:
            self._latest = latest
            del self.twice[twice:]
            raise
        return [ts for ts, _ns in read], [ns for _ts, ns in read]

    def one(self, cell: Any, key: object) -> tuple[str | int | float, int]:
        """Read one cell.

        :param cell: a text, a number, a date; of combined columns the text of both.
        :param key: the instrument, whose rows follow one another in time.
        :raises InvalidQuoteError: if it is not a valid time.
        """
        ts = _plain(cell)
        try:
            return self._read(ts, key)
        except InvalidTimeError as error:
            problem: Problem = "time"
            option = ""
            if _number(ts) is not None:
                option = _UNITS_THAT_READ.get(error.code, "")
            if error.code in ("time_ambiguous", "time_format"):
                problem = "time_format"
            reason = str(error).replace('"ts" is', "the time is")
            raise InvalidQuoteError(problem, reason, option) from None

    def written(self, ns: int) -> str:
        """Return an instant as `ts`, where it is not that of a cell."""
        return self._written.text(ns)

    def _read(self, ts: str | int | float, key: object) -> tuple[str | int | float, int]:
        if self._format is not None and isinstance(ts, str):
            return self._by_format(ts, self._format, key)
        if self._unit is not None and (number := _number(ts)) is not None:
            if abs(number) > _MAX_NUMBER:
                reason = f"it is not a valid time with --time-unit {self._unit}"
                raise InvalidTimeError("time_range", ts, reason)
            return self._by_unit(number, self._unit, key)
        # a number that JSON cannot carry is passed on as text
        given = ts if isinstance(ts, str) else _exact(ts)
        ns = instant(given)
        if self._zone is not None and is_local(given):
            return self._local(ns, key, given)
        return (self.written(ns) if self._is_combined else _as_given(given)), ns

    def _by_format(self, text: str, time_format: str, key: object) -> tuple[str, int]:
        try:
            moment = datetime.strptime(text, time_format)
        except ValueError:
            raise InvalidQuoteError(
                "time", f'the time is "{text:.40}", which is not of --time-format {time_format}'
            ) from None
        if moment.tzinfo is not None:
            ns = _since_1970(moment.astimezone(UTC).replace(tzinfo=None))
        elif "%Z" in time_format:
            # strptime takes the names of this machine's own zone as well, and drops them
            if not re.search(r"\b(UTC|GMT|Z)\b", text):
                raise InvalidQuoteError("time", f'the time is "{text:.40}": %Z is UTC or GMT')
            ns = _since_1970(moment)
        else:
            ns = _since_1970(moment)
            if self._zone is not None and any(f"%{letter}" in time_format for letter in "HIcXTR"):
                return self._local(ns, key, text)
        return self.written(within(text, ns)), ns

    def _by_unit(self, number: Decimal, unit: str, key: object) -> tuple[str, int]:
        if unit == "ticks":
            ns = within(number, math.floor((number - TICKS_BEFORE_1970) * TICK))
            if self._zone is not None:
                return self._local(ns, key, number)
        elif unit == "excel":
            ns = within(number, _of_excel(number))
            if self._zone is not None and not self._names_days:
                return self._local(ns, key, number)
        else:
            ns = within(number, math.floor(number * UNITS[unit]))
        return self.written(ns), ns

    def _local(self, local: int, key: object, shown: object) -> tuple[str, int]:
        assert self._zone is not None
        found = self._zone.instants(local)
        if not found:
            raise InvalidQuoteError(
                "local_time", f"the local time {shown} does not exist: the clock is set forward"
            )
        ns = found[0]
        if len(found) > 1:
            self.twice.append(str(shown))
            ns = self._in_order(found, key)
        self._latest[key] = ns
        return self.written(ns), ns

    def _in_order(self, found: tuple[int, ...], key: object) -> int:
        before = self._latest.get(key)
        if self._newest_first:
            follows = [n for n in found[::-1] if before is None or self._is_after(before, n)]
            return follows[0] if follows else found[0]
        follows = [n for n in found if before is None or self._is_after(n, before)]
        return follows[0] if follows else found[-1]

    def _is_after(self, later: int, earlier: int) -> bool:
        return later > earlier or (later == earlier and not self._is_regular)


def _plain(cell: Any) -> str | int | float:
    """Return a cell as a text or a number."""
    if isinstance(cell, str):
        cell = cell.strip()
    if cell is None or cell == "" or cell != cell:  # NaN is what pandas has for nothing
        raise InvalidQuoteError("missing", "no time")
    if isinstance(cell, str):
        if cell.lower() in ("nan", "nat", "null", "none", "n/a"):
            raise InvalidQuoteError("missing", "no time")
        return cell
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal):
        raise InvalidQuoteError(
            "malformed", f"the time {cell!r:.40} is neither a text nor a number"
        )
    if isinstance(cell, Decimal):
        return int(cell) if cell == cell.to_integral_value() else float(cell)
    return cell


def _exact(number: int | float) -> str | int | float:
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    is_safe = isinstance(number, float) or -MAX_SAFE <= number <= MAX_SAFE
    return number if is_safe else str(number)


def _as_given(ts: str | int | float) -> str | int | float:
    """Return digits as the number that they are, if JSON can carry it."""
    if isinstance(ts, str) and ts.isascii() and ts.isdecimal() and int(ts) <= MAX_SAFE:
        return int(ts)
    return ts


def _number(ts: str | int | float) -> Decimal | None:
    try:
        number = Decimal(ts if isinstance(ts, str) else repr(ts))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _of_excel(days: Decimal) -> int:
    """Return the instant of a day of Excel, whose fraction is rounded to the second it is near."""
    ns = round(days * DAY)
    second = round(ns / SECOND) * SECOND
    is_second = abs(ns - second) <= _EXCEL_ROUNDING
    return _EXCEL_EPOCH + (second if is_second else ns // _MILLISECOND * _MILLISECOND)


def _since_1970(moment: datetime) -> int:
    apart = moment - _EPOCH
    return (apart.days * 86_400 + apart.seconds) * SECOND + apart.microseconds * 1000

"""What a portfolio is worth, minute by minute of quote time: for charts."""

from __future__ import annotations

from typing import Any

from algo_service.decisions import MinuteValue
from portfolio import Portfolio
from portfolio.times import SECOND, instant

_MINUTE = 60 * SECOND
_PLAIN = len("2024-01-10T21:55:31")
_TO_MINUTE = len("2024-01-10T21:55")


class MinuteValues:
    """Collects the value at the end of each minute while a batch is decided.

    Late quotes of a minute that is over belong to the present one. Quotes without a time belong to
    none.

    :param minute: the last one that has a value; None if there is none.
    """

    def __init__(self, portfolio: Portfolio, minute: int | None):
        self._portfolio = portfolio
        self._first = minute
        self.begin()

    def begin(self) -> None:
        """Forget what was collected: the batch begins again."""
        self._minute = self._first
        self._prefix: str | None = None
        self._ended: list[MinuteValue] = []

    def watch(self, ts: Any) -> None:
        """Take the time of a quote before it is decided; None if it has none."""
        if type(ts) is str and ts[:_TO_MINUTE] == self._prefix and _is_utc(ts):
            return
        if ts is None:
            return
        # of many times of one minute one is read: those in UTC, which have no offset
        is_utc = type(ts) is str and ts[10:11] in ("T", " ") and ts[13:14] == ":" and _is_utc(ts)
        self._prefix = ts[:_TO_MINUTE] if is_utc else None
        minute = instant(ts) // _MINUTE
        if self._minute is None or minute > self._minute:
            if self._minute is not None:
                self._ended.append(self._value(self._minute))
            self._minute = minute

    def values(self) -> list[MinuteValue]:
        """Return the values of the minutes that have ended, and of the present one."""
        if self._minute is None:
            return self._ended
        return [*self._ended, self._value(self._minute)]

    def _value(self, minute: int) -> MinuteValue:
        portfolio = self._portfolio
        return MinuteValue(minute, portfolio.equity, portfolio.cash, portfolio.exposure)


def _is_utc(ts: str) -> bool:
    """Tell it of a text with its minutes in the usual place; an offset may take a second's."""
    return ts.endswith("Z") or (len(ts) == _PLAIN and ts[_TO_MINUTE] == ":")

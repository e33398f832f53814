"""What a portfolio is worth, minute by minute of quote time: for charts."""

from __future__ import annotations

from algo_service.decisions import Input, MinuteValue
from portfolio import Portfolio
from portfolio.times import SECOND, instant

_MINUTE = 60 * SECOND
_PLAIN = "2024-01-10T21:55:31"
_TO_MINUTE = len("2024-01-10T21:55")


class MinuteValues:
    """Collects the value at the end of each minute while a batch is decided.

    Late quotes of a minute that is over belong to the present one. Quotes without a time belong to
    none.

    :param minute: the last one that has a value; None if there is none.
    :param seq: the count of decisions before the batch.
    """

    def __init__(self, portfolio: Portfolio, minute: int | None, seq: int):
        self._portfolio = portfolio
        self._first = minute
        self._seq = seq
        self.begin()

    def begin(self) -> None:
        """Forget what was collected: the batch begins again."""
        self._minute = self._first
        self._prefix: str | None = None
        self._ended: list[MinuteValue] = []

    def watch(self, each: Input, decided: int) -> None:
        """Take the time of an input before it is decided.

        :param decided: how many of the batch are decided.
        """
        if each.kind != "quote":
            return
        ts, prefix = each.message.get("ts"), None
        if type(ts) is str and ts[10:11] in ("T", " ") and ts[16:17] == ":":
            # of many times of one minute one is read: those in UTC, which have no offset
            prefix = ts[:_TO_MINUTE] if len(ts) == len(_PLAIN) or ts.endswith("Z") else None
            if prefix is not None and prefix == self._prefix:
                return
        self._prefix = prefix
        if ts is None:
            return
        minute = instant(ts) // _MINUTE
        if self._minute is None or minute > self._minute:
            if self._minute is not None:
                self._ended.append(self._value(self._minute, decided))
            self._minute = minute

    def values(self, decided: int) -> list[MinuteValue]:
        """Return the values of the minutes that have ended, and of the present one."""
        if self._minute is None:
            return self._ended
        return [*self._ended, self._value(self._minute, decided)]

    def _value(self, minute: int, decided: int) -> MinuteValue:
        portfolio = self._portfolio
        seq = self._seq + decided
        return MinuteValue(minute, seq, portfolio.equity, portfolio.cash, portfolio.exposure)

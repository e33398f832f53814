"""What is published of one symbol: where to go on, and which trades have come before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from market_data.live.alpaca.messages import Trade
from market_data.live.source import Bound
from portfolio.times import instant, iso_8601_full

LATE = 10 * 10**9
"""Nanoseconds by which a trade may be reported late: the rule for trades off the exchanges."""

MAX_KNOWN = 10_000
"""Ids by which a trade is recognized that comes again."""


class Known:
    """The trades of one symbol that were taken, each once, in the order in which they came.

    :param ts: the time of the last one; with no ids, a time from which on all trades are wanted.
    :param ids: those of the trades of that very time.
    """

    def __init__(self, ts: str, ids: Sequence[str] = ()):
        self._ts = ts
        self._at = self._floor = instant(ts)
        self._at_last = list(ids)
        # with the time of each
        self._ids: dict[str, int] = dict.fromkeys(ids, self._at)

    def __contains__(self, trade: Trade) -> bool:
        return trade.id in self._ids

    @property
    def position(self) -> list[Any]:
        """What a Known of the same is made of: the time, then the ids."""
        return [self._ts, *self._at_last]

    @property
    def bound(self) -> Bound:
        """The last trade."""
        return Bound(self._ts, self._at_last[-1] if self._at_last else None)

    @property
    def since(self) -> str:
        """The time from which on a trade may be missing."""
        return iso_8601_full(max(self._at - LATE, self._floor))

    def take(self, trades: Iterable[Trade]) -> list[Trade]:
        """Add trades, and return those that are new."""
        return [trade for trade in trades if self.add(trade)]

    def add(self, trade: Trade) -> bool:
        """Add a trade, and tell whether it is new."""
        ids = self._ids
        if trade.id in ids:
            return False
        ids[trade.id] = trade.at
        if len(ids) > MAX_KNOWN:
            self._floor = max(self._floor, ids.pop(next(iter(ids))))
        if trade.at > self._at:
            self._at, self._ts, self._at_last = trade.at, trade.ts, [trade.id]
        elif trade.at == self._at:
            self._at_last.append(trade.id)
        return True

    def skip(self, ts: str) -> None:
        """Go on at this time: what was before cannot be had."""
        if instant(ts) > self._at:
            self._ts, self._at_last = ts, []
            self._at = self._floor = instant(ts)

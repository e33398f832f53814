"""A gap of one symbol while it is filled: live trades wait until the history has joined them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from market_data.live.alpaca.known import Known
from market_data.live.alpaca.messages import Trade
from market_data.live.source import Bound, Gap
from portfolio.times import iso_8601_full

MAX_WAIT = 60.0
"""Seconds for which live trades wait for the history, and for which it may fail."""

MAX_PAUSE = 5.0
"""The longest pause between two questions, in seconds, unless the history asks for another one."""

LAG = 30.0
"""Seconds by which the history may be late while no live trade tells what it lacks."""

_PAUSE = 0.25


class Ask(NamedTuple):
    """What is to be asked of the history: both times are included."""

    start: str
    end: str
    token: str | None


class Fill:
    """What a symbol lacks after a connection was lost.

    The history is asked for all trades up to the first live one. It may lag behind the stream: it
    is asked again until it has that very trade, so that nothing between them is missing. While no
    live trade comes, it is asked a few times, and then rests.

    :param until: the time at which the stream went on, in nanoseconds since 1970.
    :param clock: in seconds.
    """

    def __init__(self, sid: str, known: Known, until: int, clock: Callable[[], float]):
        self.sid = sid
        self.is_done = False
        """Whether the live trades wait no longer."""
        self._known = known
        self._until = until
        self._clock = clock
        self._began_at = clock()
        # not before it is its turn: there may be many symbols
        self._waits_since: float | None = None
        self._held: dict[str, Trade] = {}
        self._ask: Ask | None = None
        self._ask_at: float | None = clock()
        self._pause = _PAUSE

    @property
    def held(self) -> int:
        """The number of live trades that wait."""
        return len(self._held)

    @property
    def _first(self) -> Trade:
        return next(iter(self._held.values()))

    @property
    def ask_at(self) -> float | None:
        """When the next question is due, by the clock; None while it rests."""
        return self._ask_at

    def hold(self, trade: Trade) -> None:
        """Keep a live trade back."""
        if not self._held:
            self._until = max(self._until, trade.at)
            if self._ask_at is None:
                self._ask_at = self._waits_since = self._clock()
                self._pause = _PAUSE
        self._held.setdefault(trade.id, trade)

    def ask(self) -> Ask:
        """Return the next question."""
        if self._waits_since is None:
            self._waits_since = self._clock()
        if self._ask is None:
            self._ask = Ask(self._known.since, iso_8601_full(self._until), None)
        return self._ask

    def add(self, trades: Sequence[Trade], following: str | None) -> list[Trade]:
        """Add the answer, and return the trades that go on, which may be the live ones, too.

        :param following: the token of the next page, if there is one.
        """
        assert self._ask is not None
        now = self._clock()
        new = [self._with_book(trade) for trade in self._known.take(trades)]
        if new:
            self._waits_since = now
        if following is not None:
            self._ask, self._ask_at = self._ask._replace(token=following), now
            return new
        self._ask = None
        if self._held and self._first in self._known:
            return new + self._release()
        self._wait()
        if not self._held and now - self._began_at >= LAG:
            self._ask_at = None
        return new

    def failed(self, pause: float | None) -> None:
        """Take note that the history has not answered, or asks for a pause of so many seconds."""
        self._wait()
        if pause is not None:
            self._ask_at = self._clock() + pause

    def is_overdue(self) -> bool:
        """Tell whether the live trades have waited long enough."""
        if self._ask_at is None or self._waits_since is None:
            return False
        return self._clock() - self._waits_since >= MAX_WAIT

    def give_up(self) -> tuple[Gap, list[Trade]]:
        """Return what is missing, and the live trades behind it."""
        after = self._known.bound
        if self._held:
            first = self._first
            return Gap(self.sid, after, Bound(first.ts, first.id)), self._release()
        until = iso_8601_full(self._until)
        self._known.skip(until)
        self.is_done = True
        return Gap(self.sid, after, Bound(until)), []

    def _with_book(self, trade: Trade) -> Trade:
        # the history has no bid and ask; it knows what was taken back
        return self._held.get(trade.id, trade) if trade.report is None else trade

    def _release(self) -> list[Trade]:
        self.is_done = True
        return self._known.take(self._held.values())

    def _wait(self) -> None:
        self._ask_at = self._clock() + self._pause
        self._pause = min(2 * self._pause, MAX_PAUSE)

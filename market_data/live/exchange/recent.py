"""Trades whose ids say nothing: in the order of their arrival, each once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from market_data.live.exchange.trade import Ask, Place, Trade, TradeGap

MAX_WAITING = 10_000
"""Trades that are kept until the history before them is known; later ones are asked for again."""

MAX_KNOWN = 10_000
"""Ids by which a trade is recognized that comes again."""

MAX_ATTEMPTS = 3
"""How often the history is asked for a trade that has come by itself; it may lag behind."""

PAUSE = 0.5
"""Seconds between two attempts."""


class RecentTrades:
    """The trades of one instrument, of an exchange whose ids are not consecutive.

    After each connection the history is asked for what follows the last trade, and again when the
    first trade has come by itself, until it has that one: what took place before is then known.
    Until then those that come wait.

    :param last: where it begins; None for behind the first trade that is added.
    :param clock: in seconds.
    """

    def __init__(self, last: Place | None, clock: Callable[[], float]):
        self._last = last
        self._clock = clock
        self._known: dict[str, None] = {last.id: None} if last else {}
        self._ready: list[Trade] = []
        self._waiting: list[Trade] = []
        self._gap: TradeGap | None = None
        self._is_behind = False
        self._is_joined = last is None
        self._is_first = False
        self._attempts = 0
        self._ask_at = 0.0
        # the end of what is known, which the next page of the history has to hold
        self._end = last
        self._beginning = last

    @property
    def last(self) -> Place | None:
        """Behind the last trade that was taken."""
        return self._last

    def begin(self) -> bool:
        """Tell, once, that it has begun."""
        is_first, self._is_first = self._is_first, False
        return is_first

    def connected(self) -> None:
        """Take note that trades may be missing, although none has come."""
        self._is_behind = self._end is not None
        self._is_joined = self._end is None
        self._waiting.clear()
        self._attempts = 0

    def check(self) -> None:
        """Ask the history for what is new."""
        self._is_behind = True

    def lost(self) -> None:
        """Take note that trades have come, and gone before they were added."""
        self.connected()

    def add(self, trades: Sequence[Trade]) -> None:
        """Add trades that have come by themselves."""
        if self._end is None and trades:
            self._begin_behind(trades[0])
        if self._is_joined:
            self._accept(trades)
            return
        new = [trade for trade in trades if trade.place.id not in self._known]
        self._waiting.extend(new[: MAX_WAITING - len(self._waiting)])
        self._is_behind = self._is_behind or bool(self._waiting)

    def add_history(self, trades: Sequence[Trade], _is_all: bool) -> bool:
        """Add the answer to what was asked; tell whether a new trade was among it."""
        self._is_behind = False
        self._ask_at = 0.0
        if self._end is None:
            if trades:
                self._begin_behind(trades[-1])
            return False
        trades = self._not_before(self._end, trades)
        if trades and all(trade.place.id not in self._known for trade in trades):
            self._gap = TradeGap(self._end, trades[0].place, None)
        is_new = self._accept(trades)
        if not self._is_joined:
            self._join(is_new)
        return is_new

    def take(self) -> list[Trade]:
        """Return the trades that follow, in order."""
        taken, self._ready = self._ready, []
        if taken:
            self._last = taken[-1].place
        return taken

    def ask(self) -> Ask | None:
        """Return what has to be asked of the history now; None if nothing is missing."""
        if not self._is_behind or self._clock() < self._ask_at:
            return None
        return Ask(None, self._end.at if self._end else None)

    def give_up(self) -> TradeGap | None:
        """Return the gap in front of the trades that `take` gives next, if there is one."""
        gap, self._gap = self._gap, None
        return gap

    def _not_before(self, end: Place, trades: Sequence[Trade]) -> Sequence[Trade]:
        """Leave out what is before the end of what is known: some exchanges give that, too."""
        trades = [trade for trade in trades if trade.place.at >= end.at]
        ids = [trade.place.id for trade in trades]
        # of the beginning's millisecond no other trade is known
        if end == self._beginning and end.id in ids:
            return trades[ids.index(end.id) :]
        return trades

    def _begin_behind(self, trade: Trade) -> None:
        self._last = self._end = self._beginning = trade.place
        self._known[trade.place.id] = None
        self._is_first = True

    def _join(self, is_new: bool) -> None:
        if not self._waiting:
            # a page may be any part of what is new
            self._is_behind = is_new
            return
        first = self._waiting[0].place
        if first.id not in self._known:
            self._attempts = 0 if is_new else self._attempts + 1
            if self._attempts < MAX_ATTEMPTS:
                self._is_behind = True
                self._ask_at = 0.0 if is_new else self._clock() + PAUSE
                return
            assert self._end is not None
            self._gap = self._gap or TradeGap(self._end, first, None)
        was_full = len(self._waiting) == MAX_WAITING
        self._accept(self._waiting)
        self._waiting.clear()
        self._attempts = 0
        self._is_joined = not was_full

    def _accept(self, trades: Sequence[Trade]) -> bool:
        new = []
        for trade in trades:
            if trade.place.id not in self._known:
                self._known[trade.place.id] = None
                new.append(trade)
        while len(self._known) > MAX_KNOWN:
            del self._known[next(iter(self._known))]
        self._ready.extend(new)
        if new:
            self._end = new[-1].place
        return bool(new)

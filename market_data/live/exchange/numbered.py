"""Trades whose numbers are consecutive: put in order, each once, and what is missing is known."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from market_data.live.exchange.trade import Ask, Place, Trade, TradeGap

MAX_WAITING = 10_000
"""Trades behind a gap that are kept until it is filled; later ones are asked for again."""

GRACE = 0.2
"""Seconds for which a missing trade may still come by itself, behind a later one."""

MAX_ATTEMPTS = 3
"""How often the history is asked for a trade that it does not have; it may lag behind."""

PAUSE = 0.5
"""Seconds between two attempts."""


class NumberedTrades:
    """The trades of one instrument, of an exchange that counts them without holes.

    Trades are added as they come, in any order and any number of times. `take` gives those that
    follow the last one that it gave. `ask` says what has to be asked of the history.

    :param last: where it begins; None for the first trade that is added, and `begin`.
    :param clock: in seconds.
    """

    def __init__(self, last: Place | None, clock: Callable[[], float]):
        self._last = last
        self._clock = clock
        self._waiting: dict[int, Trade] = {}
        self._is_behind = False
        self._ask_at: float | None = None
        self._attempts = 0

    @property
    def last(self) -> Place | None:
        """Behind the last trade that was taken."""
        return self._last

    def begin(self) -> bool:
        """Begin with the first trade that has come; False if none has, or it has begun."""
        if self._last is not None or not self._waiting:
            return False
        number = min(self._waiting)
        self._last = Place(str(number - 1), self._waiting[number].place.at)
        return True

    def connected(self) -> None:
        """Take note that trades may be missing, although no later one has come."""
        self._is_behind = self._last is not None
        self._attempts = 0

    def check(self) -> None:
        """Ask the history for the next trade."""
        self._is_behind = True

    def lost(self) -> None:
        """Do nothing: what has gone leaves a hole."""

    def add(self, trades: Sequence[Trade]) -> None:
        """Add trades that have come by themselves."""
        room = MAX_WAITING - len(self._waiting)
        self._keep(trades[: max(room, 0)])

    def add_history(self, trades: Sequence[Trade], is_all: bool) -> bool:
        """Add the answer to what was asked; tell whether a trade was among it that follows.

        :param is_all: whether the history has no more behind them.
        """
        if self._last is None:
            # of what was before the beginning the newest one is enough
            trades, is_all = trades[-1:], True
        following = self._following
        self._is_behind = not is_all
        self._keep(trades)
        if self._last is None or following in self._waiting or not self._waiting:
            self._attempts = 0
            return following in self._waiting
        self._attempts += 1
        self._ask_at = self._clock() + PAUSE
        return False

    def take(self) -> list[Trade]:
        """Return the trades that follow, in order."""
        taken: list[Trade] = []
        if self._last is None:
            return taken
        number = self._following
        while (trade := self._waiting.pop(number, None)) is not None:
            taken.append(trade)
            number += 1
        if taken:
            self._last = taken[-1].place
            self._ask_at = None
        return taken

    def ask(self) -> Ask | None:
        """Return what has to be asked of the history now; None if nothing is missing."""
        if self._is_behind:
            return Ask(self._following if self._last else None, None)
        if not self._waiting or self._last is None:
            self._ask_at = None
            return None
        if self._ask_at is None:
            self._ask_at = self._clock() + GRACE
        return Ask(self._following, None) if self._clock() >= self._ask_at else None

    def give_up(self) -> TradeGap | None:
        """Return the gap that the history does not fill, and go on behind it; None if it may."""
        if self._attempts < MAX_ATTEMPTS or not self._waiting:
            return None
        assert self._last is not None
        first = min(self._waiting)
        gap = TradeGap(self._last, self._waiting[first].place, first - self._following)
        self._last = Place(str(first - 1), self._waiting[first].place.at)
        self._attempts = 0
        return gap

    @property
    def _following(self) -> int:
        return int(self._last.id) + 1 if self._last else 0

    def _keep(self, trades: Sequence[Trade]) -> None:
        for trade in trades:
            number = int(trade.place.id)
            if number >= self._following:
                self._waiting.setdefault(number, trade)

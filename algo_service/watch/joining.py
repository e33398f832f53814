"""Which snapshot shows the portfolio after an order: never one of before it.

Orders bear no `seq`, and a snapshot is asked for while quotes are decided: the first one that comes
after an order may be of before it. A snapshot is of after an order if

- it is of the order's own quote,
- its cash is that of the snapshot before, changed by the fills up to the order's, or
- another snapshot came between the two: the bridge asks for a snapshot when the one before it is
  published.

Of the three, the second tells the equity at the order's own quote as well, from the fills; else it
is the snapshot's, which may be a second younger.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from algo_service.watch.messages import Fill, Order, Snapshot

# Seconds that an order waits for its snapshot: the bridge publishes one a second, and the first
# may have been of before the order.
PATIENCE = 2.0


class Figures(NamedTuple):
    """What a portfolio is worth after an order."""

    equity: float | None
    profit: float | None


class Joined(NamedTuple):
    """An order or a later fill; the figures are None if no snapshot came in time."""

    trade: Order | Fill
    figures: Figures | None


@dataclass(eq=False, slots=True)
class _Waiting:
    trade: Order | Fill
    until: float
    is_overtaken: bool = False


class Joiner:
    """Orders and fills of one algorithm that wait for a snapshot of after them."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []
        self._before: Snapshot | None = None
        # fills that the snapshot before does not show, if that is certain
        self._fills: list[Fill] = []
        self._is_certain = False

    def add(self, trade: Order | Fill, now: float) -> list[Joined]:
        """Take an order or a fill; returns it if its snapshot came before it."""
        if self._before and not self._waiting and self._before.quote_id == trade.quote_id:
            return [Joined(trade, _figures(self._before))]
        self._waiting.append(_Waiting(trade, now + PATIENCE))
        return []

    def filled(self, fill: Fill) -> None:
        """Take note of what a fill does to the cash."""
        if self._before and self._before.quote_id == fill.quote_id:
            return
        self._fills.append(fill)

    def snapshot(self, snapshot: Snapshot) -> list[Joined]:
        """Take a snapshot of a higher `seq`; returns what it shows, in the order of arrival."""
        shown = self._shown_fills(snapshot)
        quotes = {fill.quote_id for fill in self._fills[: shown or 0]} | {snapshot.quote_id}
        last = -1
        for index, waiting in enumerate(self._waiting):
            if waiting.is_overtaken or waiting.trade.quote_id in quotes:
                last = index
        trades = [waiting.trade for waiting in self._waiting[: last + 1]]
        joined = [Joined(trade, self._worth(trade, snapshot, shown or 0)) for trade in trades]
        self._waiting = self._waiting[last + 1 :]
        for waiting in self._waiting:
            waiting.is_overtaken = True
        is_of_the_last = bool(trades) and trades[-1].quote_id == snapshot.quote_id
        has_decided_nothing = snapshot.quote_id is None
        self._is_certain = (is_of_the_last and not self._waiting) or has_decided_nothing
        if shown is not None:
            self._is_certain = True
            self._fills = self._fills[shown:]
        else:
            self._fills = []
        self._before = snapshot
        return joined

    @property
    def is_waiting(self) -> bool:
        """Whether the last snapshot may be of before an order."""
        return bool(self._waiting)

    def is_waiting_for(self, sid: str) -> bool:
        """Tell whether the last snapshot may be of before an order of this instrument."""
        return any(waiting.trade.sid == sid for waiting in self._waiting)

    def overdue(self, now: float) -> list[Joined]:
        """Return what has waited for long enough."""
        due = [Joined(waiting.trade, None) for waiting in self._waiting if waiting.until <= now]
        self._waiting = self._waiting[len(due) :]
        return due

    def _shown_fills(self, snapshot: Snapshot) -> int | None:
        """Return how many of the fills are in the snapshot's cash, if its cash tells."""
        before = self._before
        if before is None or before.cash is None or snapshot.cash is None:
            return None
        if not self._is_certain and self._fills:
            return None
        counts = [
            count
            for count, cash in enumerate(_running(before.cash, self._fills))
            if math.isclose(cash, snapshot.cash, rel_tol=1e-9, abs_tol=1e-12)
        ]
        return counts[0] if len(counts) == 1 else None

    def _worth(self, trade: Order | Fill, snapshot: Snapshot, shown: int) -> Figures:
        """Return what the portfolio was worth after an order that a snapshot shows."""
        fills = self._fills[:shown]
        quotes = [fill.quote_id for fill in fills]
        before = self._before
        if (
            trade.quote_id == snapshot.quote_id
            or trade.quote_id not in quotes
            or isinstance(trade, Fill)  # its price has the slippage in it
            or before is None
            or before.cash is None
            or snapshot.equity is None
            or snapshot.profit is None
        ):
            return _figures(snapshot)
        fills = fills[: len(quotes) - quotes[::-1].index(trade.quote_id)]
        quantities = {held.sid: held.quantity for held in before.positions}
        for fill in fills:
            change = fill.quantity if fill.side == "buy" else -fill.quantity
            quantities[fill.sid] = quantities.get(fill.sid, 0.0) + change
        prices = _unchanged(before, snapshot) | {trade.sid: trade.price}
        if not quantities.keys() <= prices.keys():
            return _figures(snapshot)
        equity = _running(before.cash, fills)[-1]
        equity += sum(quantity * prices[sid] for sid, quantity in quantities.items())
        return Figures(equity, equity - (snapshot.equity - snapshot.profit))


def _figures(snapshot: Snapshot) -> Figures:
    return Figures(snapshot.equity, snapshot.profit)


def _unchanged(before: Snapshot, after: Snapshot) -> dict[str, float]:
    """Return the prices of instruments that have the same one in both."""
    prices = {held.sid: held.price for held in before.positions}
    return {held.sid: held.price for held in after.positions if prices.get(held.sid) == held.price}


def _running(cash: float, fills: Sequence[Fill]) -> list[float]:
    amounts = [cash]
    for fill in fills:
        amounts.append(amounts[-1] + fill.cash)
    return amounts

"""Which snapshot shows the portfolio after an order: never one of before it.

Orders bear no `seq`, and a snapshot is asked for while quotes are decided: the first one that comes
after an order may be of before it. A snapshot is of after an order if

- it is of the order's own quote,
- its cash and positions are those of the snapshot before, changed by the fills up to the order's,
  or
- another snapshot came between the two: the bridge asks for a snapshot when the one before it is
  published.

Of the three, the second gives the equity at the order's own quote as well, from the fills; else it
is the snapshot's, which may be a second younger.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from algo_service.watch.messages import Fill, Order, Snapshot

# Seconds that an order waits for its snapshot: the bridge publishes one a second, and the first
# may have been of before the order.
PATIENCE = 2.0
# Of more fills between two snapshots it is not asked which of them the second one shows.
_MAX_FILLS = 1_000
_ROUNDING = 1e-9


class Figures(NamedTuple):
    """What a portfolio is worth after an order."""

    equity: float | None
    profit: float | None


class JoinedTrade(NamedTuple):
    """An order or a later fill; the figures are None if no snapshot came in time."""

    trade: Order | Fill
    figures: Figures | None


@dataclass(eq=False, slots=True)
class _WaitingTrade:
    trade: Order | Fill
    until: float
    is_overtaken: bool = False


class _Account(NamedTuple):
    cash: float
    quantities: dict[str, float]


class Joiner:
    """Orders and fills of one algorithm that wait for a snapshot of after them."""

    def __init__(self) -> None:
        self._waiting: list[_WaitingTrade] = []
        self._before: Snapshot | None = None
        # since the snapshot before
        self._fills: list[Fill] = []

    def add(self, trade: Order | Fill, now: float) -> list[JoinedTrade]:
        """Take an order or a fill; returns it if its snapshot came before it."""
        if self._before and not self._waiting and self._before.quote_id == trade.quote_id:
            return [JoinedTrade(trade, _figures(self._before))]
        self._waiting.append(_WaitingTrade(trade, now + PATIENCE))
        return []

    def filled(self, fill: Fill) -> None:
        """Record what a fill does to the account."""
        is_new = self._before is not None and self._before.quote_id != fill.quote_id
        if is_new and len(self._fills) <= _MAX_FILLS:
            self._fills.append(fill)

    def snapshot(self, snapshot: Snapshot) -> list[JoinedTrade]:
        """Take a snapshot of a higher `seq`; returns what it shows, in the order of arrival."""
        accounts = self._accounts()
        shown = _index_of(snapshot, accounts)
        after = {
            fill.quote_id: account
            for fill, account in zip(self._fills[: shown or 0], accounts[1:], strict=False)
        }
        last = -1
        for index, waiting in enumerate(self._waiting):
            quote_id = waiting.trade.quote_id
            if waiting.is_overtaken or quote_id == snapshot.quote_id or quote_id in after:
                last = index
        joined = [
            JoinedTrade(waiting.trade, self._worth(waiting.trade, after, snapshot))
            for waiting in self._waiting[: last + 1]
        ]
        self._waiting = self._waiting[last + 1 :]
        for waiting in self._waiting:
            waiting.is_overtaken = True
        # where the account does not match, the next snapshot is compared with this one
        self._fills = [] if shown is None else self._fills[shown:]
        self._before = snapshot
        return joined

    @property
    def is_waiting(self) -> bool:
        """Whether the last snapshot may be of before an order."""
        return bool(self._waiting)

    def is_waiting_for(self, sid: str) -> bool:
        """Whether the last snapshot may be of before an order of this instrument."""
        return any(waiting.trade.sid == sid for waiting in self._waiting)

    def overdue(self, now: float) -> list[JoinedTrade]:
        """Return what has waited for long enough."""
        due = [
            JoinedTrade(waiting.trade, None) for waiting in self._waiting if waiting.until <= now
        ]
        self._waiting = self._waiting[len(due) :]
        return due

    def _accounts(self) -> list[_Account]:
        """Return the account of the snapshot before, and that after each fill since."""
        before = self._before
        if before is None or before.cash is None or len(self._fills) > _MAX_FILLS:
            return []
        quantities = {held.sid: held.quantity for held in before.positions}
        accounts = [_Account(before.cash, quantities)]
        for fill in self._fills:
            held = quantities.get(fill.sid, 0.0)
            change = fill.quantity if fill.side == "buy" else -fill.quantity
            # what is left of all that is held by rounding is nothing
            left = 0.0 if abs(held + change) < _ROUNDING * abs(held) else held + change
            quantities = {**quantities, fill.sid: left}
            accounts.append(_Account(accounts[-1].cash + fill.cash, quantities))
        return accounts

    def _worth(
        self, trade: Order | Fill, after: Mapping[str, _Account], snapshot: Snapshot
    ) -> Figures:
        """Return what the portfolio was worth after an order that a snapshot shows."""
        account = after.get(trade.quote_id)
        if (
            account is None
            or trade.quote_id == snapshot.quote_id
            or isinstance(trade, Fill)  # its price has the slippage in it
            or self._before is None
            or snapshot.equity is None
            or snapshot.profit is None
        ):
            return _figures(snapshot)
        held = {sid: quantity for sid, quantity in account.quantities.items() if quantity}
        prices = _unchanged(self._before, snapshot) | {trade.sid: trade.price}
        if not held.keys() <= prices.keys():
            return _figures(snapshot)
        equity = account.cash + sum(quantity * prices[sid] for sid, quantity in held.items())
        return Figures(equity, equity - (snapshot.equity - snapshot.profit))


def _figures(snapshot: Snapshot) -> Figures:
    return Figures(snapshot.equity, snapshot.profit)


def _index_of(snapshot: Snapshot, accounts: Sequence[_Account]) -> int | None:
    """Return which of the accounts is that of a snapshot; None where none is, or several are."""
    quantities = {held.sid: held.quantity for held in snapshot.positions}
    found = [
        index
        for index, account in enumerate(accounts)
        if snapshot.cash is not None
        and _is_close(account.cash, snapshot.cash)
        and all(
            _is_close(account.quantities.get(sid, 0.0), quantities.get(sid, 0.0))
            for sid in account.quantities.keys() | quantities.keys()
        )
    ]
    return found[0] if len(found) == 1 else None


def _is_close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_ROUNDING, abs_tol=_ROUNDING)


def _unchanged(before: Snapshot, after: Snapshot) -> dict[str, float]:
    """Return the prices of instruments that have the same one in both."""
    prices = {held.sid: held.price for held in before.positions}
    return {held.sid: held.price for held in after.positions if prices.get(held.sid) == held.price}

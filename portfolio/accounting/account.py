"""The account: cash and positions, changed by fills alone, and valued at the last quotes."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

from portfolio.accounting.orders import Fill

ROUNDING = 1e-9
"""A remainder below this fraction of a position is what rounding leaves of parts that add up to
the whole: it counts as nothing."""


class Position(NamedTuple):
    """What is held of one instrument."""

    quantity: float
    """Units, above 0."""
    cost: float
    """The cash that these units were bought for, without fees."""

    @property
    def average_cost(self) -> float:
        """Cash per unit."""
        return self.cost / self.quantity


Change = tuple[float, float, float, str, Position | None]
"""What a fill replaced in an account: cash, realised, fees, an instrument and its position."""


def remainder(held: float, sold: float) -> float:
    """Return the units that a sale leaves of those held; 0.0 where rounding alone has left them.

    A whole number of units from 1 on has been left on purpose, however many were held.
    """
    left = held - sold
    is_nothing = abs(left) < ROUNDING * held and not (left >= 1 and left.is_integer())
    return 0.0 if is_nothing else left


class Account:
    """Cash and positions by the average cost method.

    A sale realises its amount less the sold share of the position's cost; fees are kept apart, so
    that `starting cash + realised + unrealised - fees` is the equity. (Average cost: IAS 2.25, and
    26 CFR 1.1012-1(e). Of the usual methods it alone needs no list of lots.)

    :param cash: the starting cash.
    """

    def __init__(self, cash: float):
        self.cash = cash
        self.positions: dict[str, Position] = {}
        """By instrument; what is not held is not in it."""
        self.prices: dict[str, float] = {}
        """The last quote of each instrument, in cash per unit."""
        self.realised = 0.0
        """Profit (loss, if below 0) of what was sold, in cash, before fees."""
        self.fees = 0.0
        """Commissions paid so far, in cash."""

    @property
    def unrealised(self) -> float:
        """Profit, or loss, that selling everything at the last quotes would realise, in cash."""
        return math.fsum(
            held.quantity * self.prices[sid] - held.cost for sid, held in self.positions.items()
        )

    @property
    def exposure(self) -> float:
        """The value of every position at its instrument's last quote, in cash."""
        return math.fsum(held.quantity * self.prices[sid] for sid, held in self.positions.items())

    @property
    def equity(self) -> float:
        """Cash plus the value of every position at its instrument's last quote."""
        positions, prices = self.positions, self.prices
        if len(positions) < 2:  # a sum of two is rounded once, as fsum does: a faster way to it
            for sid in positions:
                return self.cash + positions[sid][0] * prices[sid]  # the quantity
            return self.cash
        # fsum, so that the order in which positions were opened leaves no trace in the sum
        values = [held.quantity * prices[sid] for sid, held in positions.items()]
        return math.fsum((self.cash, *values))

    def quantity(self, sid: str) -> float:
        """Return the units held of an instrument; 0.0 if none are."""
        held = self.positions.get(sid)
        return held.quantity if held else 0.0

    def snapshot(self) -> dict[str, Any]:
        """Return cash, positions, value and profit as plain data."""
        return {
            "cash": self.cash,
            "positions": {
                sid: {
                    "quantity": held.quantity,
                    "average_cost": held.average_cost,
                    "price": self.prices[sid],
                }
                for sid, held in sorted(self.positions.items())
            },
            "equity": self.equity,
            "exposure": self.exposure,
            "realised": self.realised,
            "unrealised": self.unrealised,
            "fees": self.fees,
        }

    def apply(self, fill: Fill) -> Change:
        """Change cash and position by a fill; return what `restore` takes it back with."""
        held = self.positions.get(fill.sid)
        change = (self.cash, self.realised, self.fees, fill.sid, held)
        if fill.side == "buy":
            self.cash -= fill.amount + fill.fee
            quantity, cost = held or (0.0, 0.0)
            # half the time that the class itself takes
            self.positions[fill.sid] = tuple.__new__(
                Position, (quantity + fill.quantity, cost + fill.amount)
            )
        else:
            assert held is not None, f"{fill.id} sells {fill.sid}, which is not held"
            self.cash += fill.amount - fill.fee
            left = remainder(held.quantity, fill.quantity)
            sold = held.cost * (fill.quantity / held.quantity) if left else held.cost
            self.realised += fill.amount - sold
            self._hold(fill.sid, Position(left, held.cost - sold) if left else None)
        self.fees += fill.fee
        return change

    def restore(self, change: Change) -> None:
        """Take back the fill applied last."""
        self.cash, self.realised, self.fees, sid, position = change
        self._hold(sid, position)

    def _hold(self, sid: str, position: Position | None) -> None:
        if position is None:
            self.positions.pop(sid, None)
        else:
            self.positions[sid] = position


def fold(cash: float, fills: Iterable[Fill]) -> Account:
    """Return the account that these fills, in their order, make of the starting cash."""
    account = Account(cash)
    for fill in fills:
        account.apply(fill)
    return account

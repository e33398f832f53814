"""Trades: what each sale made, in bounded memory."""

from __future__ import annotations

from array import array

from portfolio.accounting.account import remainder
from portfolio.accounting.orders import Fill


class Trades:
    """Every sale is a trade: its profit is what it brings less the fees and its share of the cost.

    Each takes 8 bytes of memory.
    """

    def __init__(self) -> None:
        self.returns = array("d")
        """Profit / cost of each trade."""
        self.gains = self.losses = 0.0
        """Sums of the profits above and below 0, in cash; the losses as a positive number."""
        self.bought = self.sold = self.fees = 0.0
        """In cash."""
        self.fills = 0
        self._positions: dict[str, tuple[float, float]] = {}

    def add(self, fill: Fill) -> None:
        """Add a fill."""
        self.fills += 1
        self.fees += fill.fee
        quantity, cost = self._positions.get(fill.sid, (0.0, 0.0))
        if fill.side == "buy":
            self.bought += fill.amount
            self._positions[fill.sid] = quantity + fill.quantity, cost + fill.amount + fill.fee
            return
        self.sold += fill.amount
        left = remainder(quantity, fill.quantity)
        share = cost * (fill.quantity / quantity) if left else cost
        self._positions[fill.sid] = left, cost - share
        profit = fill.amount - fill.fee - share
        self.returns.append(profit / share)
        if profit > 0:
            self.gains += profit
        else:
            self.losses -= profit

    @property
    def win_rate(self) -> float | None:
        """The fraction of trades with a profit above 0; None without a trade."""
        if not self.returns:
            return None
        return sum(each > 0 for each in self.returns) / len(self.returns)

    @property
    def profit_factor(self) -> float | None:
        """Gains / losses; None without a loss."""
        return self.gains / self.losses if self.losses else None

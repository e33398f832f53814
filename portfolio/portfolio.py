"""The portfolio: decides how much to invest, places orders, and changes by their fills."""

from __future__ import annotations

import logging
import math
import random
from collections.abc import Mapping
from typing import Any, NamedTuple

from portfolio.orders import Fill, Order, Side
from portfolio.sizing import RandomFraction, Sizing

MINIMUM_AMOUNT = 0.01
"""The smallest buy, in cash; a smaller one gives no order."""

MAXIMUM_QUANTITY = 1e15
"""The largest order, in units: beyond it a float no longer tells whole units apart."""

log = logging.getLogger(__name__)


class _Before(NamedTuple):
    """What a quote's arrival replaced, so that the quote can be taken back."""

    sid: str
    price: float | None
    said_spent: bool


class _Change(NamedTuple):
    """What an order replaced."""

    cash: float
    sid: str
    quantity: float | None
    price: float | None


class Portfolio:
    """Cash and positions of one algorithm.

    A market order fills at the quote that caused it; nothing but a fill changes cash and
    positions. Long only, fractional units, no costs.

    :param amount: the starting cash, finite and at least 0.
    :param sizing: how much to bet on a buy signal; by default a random fraction of what is
        left, drawn from the module `random`.
    :raises ValueError: if the amount is no such number.
    """

    def __init__(self, amount: float, sizing: Sizing | None = None):
        cash = float(amount)
        if not (math.isfinite(cash) and cash >= 0):
            raise ValueError(f"the starting cash is {amount}: it has to be finite and at least 0")
        self.cash = cash
        self.positions: dict[str, float] = {}
        """Units held, by instrument; what is not held is not in it."""
        self.orders: list[Order] = []
        """Placed since the last quote came, in the order placed."""
        self.fills: list[Fill] = []
        """Filled since the last quote came, in the order filled."""
        self.sizing: Sizing = RandomFraction(random) if sizing is None else sizing
        self._prices: dict[str, float] = {}
        self._algo = ""
        self._before: _Before | None = None
        self._changes: list[_Change] = []
        self._said_spent = False

    # What an algorithm calls.

    def optimize(self, data: Mapping[str, Any]) -> float:
        """Place the buy that the sizing asks for on a buy signal.

        :param data: a quote, `{'sid': 'GOOG', 'quote': 345.0, ...}`.
        :return: the cash that was bet; 0.0 if that would be less than 0.01.
        """
        amount = self.sizing.amount(self.cash, data)
        return self.buy(data, amount)

    def buy(self, data: Mapping[str, Any], amount: float) -> float:
        """Place a market order for `amount` of cash, cut to the cash that is left.

        :return: the cash committed; 0.0, and no order, if that would be less than 0.01.
        :raises ValueError: if the amount is not a finite number.
        """
        if not math.isfinite(amount):
            raise ValueError(f"cannot buy for {amount}: an amount is a finite number")
        if self.cash < MINIMUM_AMOUNT and not self._said_spent:
            self._said_spent = True
            log.info("cash is spent")
        amount = min(amount, self.cash)
        if amount < MINIMUM_AMOUNT:
            return 0.0
        self._place("buy", data, amount / float(data["quote"]), amount)
        return amount

    def sell(self, data: Mapping[str, Any], quantity: float | None = None) -> float:
        """Place a market order to sell `quantity` units, by default the whole position.

        :return: the units sold; 0.0, and no order, if none are held and none were asked for.
        :raises ValueError: if that is not above 0, or more than is held.
        """
        held = self.positions.get(data["sid"], 0.0)
        if quantity is None:
            quantity = held
            if not held:
                return 0.0
        if not 0 < quantity <= held:
            raise ValueError(
                f"cannot sell {quantity} of {data['sid']}: {held} are held, and this portfolio"
                " sells no more than it holds"
            )
        self._place("sell", data, quantity, quantity * float(data["quote"]))
        return quantity

    @property
    def equity(self) -> float:
        """Cash plus the value of every position at its instrument's last quote."""
        # fsum, so that the order in which positions were opened leaves no trace in the sum
        values = (quantity * self._prices[sid] for sid, quantity in self.positions.items())
        return math.fsum((self.cash, *values))

    def snapshot(self) -> dict[str, Any]:
        """Return cash, positions and equity as plain data (contracts/portfolio.schema.json)."""
        return {
            "cash": self.cash,
            "positions": {
                sid: {"quantity": quantity, "price": self._prices[sid]}
                for sid, quantity in sorted(self.positions.items())
            },
            "equity": self.equity,
        }

    # What the engine calls, around each quote.

    def begin(self, algo: str, data: Mapping[str, Any]) -> None:
        """Value the instrument by a quote that has come, and forget the last one's orders.

        :param algo: the algorithm's name, for the ids of what it places.
        """
        sid = data["sid"]
        self._before = _Before(sid, self._prices.get(sid), self._said_spent)
        self._algo = algo
        self._prices[sid] = data["quote"]
        self.orders, self.fills = [], []
        self._changes.clear()

    def save(self) -> dict[str, Any]:
        """Return what a later `load` needs, as plain data."""
        return {
            "cash": self.cash,
            "positions": self.positions,
            "prices": self._prices,
            "said_spent": self._said_spent,
        }

    def load(self, data: Mapping[str, Any]) -> None:
        """Take on the state that `save` returned."""
        self.cash = data["cash"]
        self.positions = dict(data["positions"])
        self._prices = dict(data["prices"])
        self._said_spent = data["said_spent"]
        self.orders, self.fills = [], []
        self._changes.clear()
        self._before = None

    def undo(self) -> None:
        """Take back the quote begun last, its orders and its fills, as if it had not come."""
        while self._changes:
            self.cash, sid, quantity, price = self._changes.pop()
            self._hold(sid, quantity)
            self._value(sid, price)
        self.orders, self.fills = [], []
        if self._before:
            sid, price, self._said_spent = self._before
            self._value(sid, price)
            self._before = None

    # Orders and their fills.

    def _place(self, side: Side, data: Mapping[str, Any], quantity: float, amount: float) -> None:
        algo, sid, price, ts = self._algo, data["sid"], float(data["quote"]), data.get("ts")
        if quantity > MAXIMUM_QUANTITY:
            raise ValueError(
                f"cannot {side} {quantity:g} of {sid} at {price}:"
                f" at most {MAXIMUM_QUANTITY:g} units"
            )
        quote_id = data.get("id", "")
        key = f"{algo}:{data.get('channel', '')}:{quote_id}"
        order_id = f"{key}:{len(self.orders)}"
        self._changes.append(
            _Change(self.cash, sid, self.positions.get(sid), self._prices.get(sid))
        )
        self._prices[sid] = price
        self.orders.append(
            Order(order_id, algo, sid, side, "market", quantity, price, amount, ts, quote_id)
        )
        # On paper a market order fills at once, at the quote that caused it.
        fill_id = f"{key}:{len(self.fills)}"
        self._apply(
            Fill(fill_id, order_id, algo, sid, side, quantity, price, amount, 0.0, ts, quote_id)
        )

    def _apply(self, fill: Fill) -> None:
        held = self.positions.get(fill.sid)
        self.fills.append(fill)
        if fill.side == "buy":
            self.cash -= fill.amount + fill.fee
            self._hold(fill.sid, (held or 0.0) + fill.quantity)
        else:
            self.cash += fill.amount - fill.fee
            self._hold(fill.sid, (held or 0.0) - fill.quantity)
            self._said_spent = False

    def _hold(self, sid: str, quantity: float | None) -> None:
        if quantity:
            self.positions[sid] = quantity
        else:
            self.positions.pop(sid, None)

    def _value(self, sid: str, price: float | None) -> None:
        if price is None:
            self._prices.pop(sid, None)
        else:
            self._prices[sid] = price

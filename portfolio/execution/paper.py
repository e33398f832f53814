"""The paper venue: how large an order may be, what it costs, and where it fills."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from portfolio.accounting.orders import Fill, Order
from portfolio.execution.costs import NO_COSTS, Costs
from portfolio.quote import Quote
from portfolio.reals import real

Units = Literal["fractional", "whole"]
FillRule = Literal["quote", "next"]


class Lot(NamedTuple):
    """How much to buy."""

    quantity: float
    amount: float
    """In cash, at the quote."""


class PaperVenue:
    """Executes orders on paper.

    :param units: "fractional", or "whole": then a lot is a whole number of units.
    :param fill: where an order fills. "quote": at the quote that caused it, as if the order met
        that very price; "next": at the next quote of its instrument, the first price that comes
        after the decision.
    :param costs: commission and slippage of each fill.
    """

    def __init__(
        self, units: Units = "fractional", fill: FillRule = "quote", costs: Costs = NO_COSTS
    ):
        self.is_whole = units == "whole"
        """Whether units are whole, so that a part of one cannot be traded."""
        self.waits = fill == "next"
        """Whether orders are pending until the next quote of their instrument."""
        self._costs = Costs(*(real(each, name) for name, each in costs._asdict().items()))
        self._is_free = costs == NO_COSTS
        self.pending: tuple[Order, ...] = ()
        """Orders that wait for their next quote, in the order placed; replaced, never changed."""

    @property
    def committed(self) -> float:
        """The cash that pending buys commit."""
        bills = [self._bill(each.amount, each.quantity) for each in self.pending if _buys(each)]
        return math.fsum(bills)

    def bought(self, sid: str) -> float:
        """Return the amount of an instrument that pending buys commit, in cash."""
        return sum(each.amount for each in self.pending if each.sid == sid and _buys(each))

    def unsold(self, sid: str, held: float) -> float:
        """Return what pending sales leave of the units held."""
        for order in self.pending:
            if order.sid == sid and not _buys(order):
                held -= order.quantity  # one by one, as the account will: the same rounding
        return held

    def is_lot(self, quantity: float) -> bool:
        """Tell whether this number of units can be traded."""
        return not self.is_whole or quantity.is_integer()

    def units(self, quote: float, amount: float) -> float:
        """Return the most units that can be traded and are worth at most `amount`."""
        if not self.is_whole:
            return amount / quote
        units = float(math.floor(amount / quote))
        # the quotient is rounded: one more or one less may be right
        if (units + 1) * quote <= amount:
            return units + 1
        return units - 1 if units * quote > amount else units

    def worth(self, quote: float, amount: float) -> float:
        """Return what these units are worth: the part of `amount` that can be traded."""
        return self.units(quote, amount) * quote if self.is_whole else amount

    def unit_cost(self, quote: float) -> float | None:
        """Return the cash that one unit costs with its commission; None where parts are traded."""
        return self._bill(quote, 1.0) if self.is_whole else None

    def lot(self, quote: float, amount: float, cash: float) -> Lot:
        """Return the largest lot of at most `amount` that `cash` pays with all its costs.

        With fractional units the amount is the truth, and the quantity is amount / quote.
        """
        if self._is_free:
            most = max(0.0, min(amount, cash))
            if not self.is_whole:
                return Lot(most / quote, most)
            quantity = self.units(quote, most)
            return Lot(quantity, quantity * quote)
        slip = self._costs.slip("buy")
        most = max(0.0, min(amount, self._costs.affordable(cash, quote * slip) / slip))
        if self.is_whole:
            return self._whole_lot(quote, most, amount, cash)
        while most > 0 and self._bill(most, most / quote) > cash:  # by the rounding of a few bits
            most -= math.ulp(cash)
        return Lot(most / quote, most)

    def _whole_lot(self, quote: float, most: float, amount: float, cash: float) -> Lot:
        def is_paid(quantity: float) -> bool:
            value = quantity * quote
            return value <= amount and self._bill(value, quantity) <= cash

        quantity = self.units(quote, most)
        while quantity and not is_paid(quantity):
            quantity -= 1.0
        while is_paid(quantity + 1.0):
            quantity += 1.0
        return Lot(quantity, quantity * quote)

    def _bill(self, amount: float, quantity: float) -> float:
        if self._is_free:
            return amount
        paid = amount * self._costs.slip("buy")
        return paid + self._costs.fee(paid, quantity)

    def proceeds(self, amount: float, quantity: float) -> float:
        """Return the cash that selling for `amount` at the quote leaves; it may be below 0."""
        if self._is_free:
            return amount
        received = amount * self._costs.slip("sell")
        return received - self._costs.fee(received, quantity)

    def cancel_buys(self) -> list[Order]:
        """Remove the pending buys, which will not fill, and return them."""
        buys = list(filter(_buys, self.pending))
        self.pending = tuple(order for order in self.pending if not _buys(order))
        return buys

    def take_due(self, sid: str) -> list[Order]:
        """Remove the pending orders of an instrument, and return them."""
        due = [order for order in self.pending if order.sid == sid]
        if due:
            self.pending = tuple(order for order in self.pending if order.sid != sid)
        return due

    def execute(
        self, order: Order, data: Quote, fill_id: str, cash: float, minimum: float
    ) -> Fill | None:
        """Return the fill of an order at the quote `data`.

        Where the price has moved since it was placed, a buy is cut to what `cash` pays now. None
        if less than `minimum` is left of it, or if the costs of a sale are more than it brings and
        the cash.
        """
        quote = float(data["quote"])
        quantity = order.quantity
        amount = order.amount if quote == order.price else quantity * quote
        if not _buys(order):
            if cash + self.proceeds(amount, quantity) < 0:
                return None
        elif self._bill(amount, quantity) > cash:
            quantity, amount = self.lot(quote, amount, cash)
            if not quantity or amount < minimum:
                return None
        price, fee = quote, 0.0
        if not self._is_free:
            slip = self._costs.slip(order.side)
            price, amount = quote * slip, amount * slip
            fee = self._costs.fee(amount, quantity)
        return Fill(
            fill_id,
            order.id,
            order.algo,
            order.sid,
            order.side,
            quantity,
            price,
            amount,
            fee,
            data.get("ts"),
            data.get("id", ""),
        )


def _buys(order: Order) -> bool:
    return order.side == "buy"

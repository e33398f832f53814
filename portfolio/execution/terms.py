"""The terms of trading at a venue: which units an order may have, and what it costs."""

from __future__ import annotations

import math
from typing import Literal, NamedTuple

from portfolio.execution.costs import NO_COSTS, Costs
from portfolio.reals import real

Units = Literal["fractional", "whole"]


class Lot(NamedTuple):
    """How much to buy."""

    quantity: float
    amount: float
    """In cash, at the price of the order."""


class Terms:
    """What an order may be, and what it will cost; values in, values out.

    :param units: "fractional", or "whole": then a lot is a whole number of units.
    :param costs: commission and slippage of each fill.
    """

    def __init__(self, units: Units = "fractional", costs: Costs = NO_COSTS):
        self.is_whole = units == "whole"
        """Whether units are whole, so that a part of one cannot be traded."""
        self.costs = Costs(*(real(each, name) for name, each in costs._asdict().items()))
        self.is_free = costs == NO_COSTS
        """Whether there are neither commission nor slippage."""

    def is_lot(self, quantity: float) -> bool:
        """Tell whether this number of units can be traded."""
        return not self.is_whole or quantity.is_integer()

    def units(self, price: float, amount: float) -> float:
        """Return the most units that can be traded and are worth at most `amount`."""
        if not self.is_whole:
            return amount / price
        units = float(math.floor(amount / price))
        # the quotient is rounded: one more or one less may be right
        if (units + 1) * price <= amount:
            return units + 1
        return units - 1 if units * price > amount else units

    def worth(self, price: float, amount: float) -> float:
        """Return what these units are worth: the part of `amount` that can be traded."""
        return self.units(price, amount) * price if self.is_whole else amount

    def unit_cost(self, price: float) -> float | None:
        """Return the cash that one unit costs with its commission; None where parts are traded."""
        return self.bill(price, 1.0) if self.is_whole else None

    def lot(self, price: float, amount: float, cash: float) -> Lot:
        """Return the largest lot of at most `amount` that `cash` pays with all its costs.

        With fractional units the amount is the truth, and the quantity is amount / price.
        """
        if self.is_free:
            most = max(0.0, min(amount, cash))
            if not self.is_whole:
                return tuple.__new__(Lot, (most / price, most))  # half the time of the class
            quantity = self.units(price, most)
            return Lot(quantity, quantity * price)
        slip = self.costs.slip("buy")
        most = max(0.0, min(amount, self.costs.affordable(cash, price * slip) / slip))
        if self.is_whole:
            return self._whole_lot(price, most, amount, cash)
        while most > 0 and self.bill(most, most / price) > cash:  # by the rounding of a few bits
            most -= math.ulp(cash)
        return Lot(most / price, most)

    def _whole_lot(self, price: float, most: float, amount: float, cash: float) -> Lot:
        def is_paid(quantity: float) -> bool:
            value = quantity * price
            return value <= amount and self.bill(value, quantity) <= cash

        quantity = self.units(price, most)
        while quantity and not is_paid(quantity):
            quantity -= 1.0
        while is_paid(quantity + 1.0):
            quantity += 1.0
        return Lot(quantity, quantity * price)

    def bill(self, amount: float, quantity: float) -> float:
        """Return the cash that buying for `amount`, before slippage, takes with all its costs."""
        if self.is_free:
            return amount
        paid = amount * self.costs.slip("buy")
        return paid + self.costs.fee(paid, quantity)

    def proceeds(self, amount: float, quantity: float) -> float:
        """Return the cash that selling for `amount`, before slippage, leaves; perhaps below 0."""
        if self.is_free:
            return amount
        received = amount * self.costs.slip("sell")
        return received - self.costs.fee(received, quantity)

"""The paper venue: executes orders at the prices of quotes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any, Literal

from portfolio.accounting.orders import Order
from portfolio.execution.costs import NO_COSTS, Costs
from portfolio.execution.terms import Terms, Units
from portfolio.execution.venue import Execution, Funds
from portfolio.quote import Quote

FillRule = Literal["quote", "next"]


class PaperVenue:
    """Executes orders on paper; a `Venue`.

    :param units: "fractional", or "whole": then an order is for a whole number of units.
    :param fill: where an order fills. "quote": at the quote that caused it, as if the order met
        that very price; "next": at the next quote of its instrument, the first price that comes
        after the decision.
    :param costs: commission and slippage of each fill.
    """

    pending: tuple[Order, ...] = property(attrgetter("state"))  # type: ignore[assignment]
    """Orders that wait for their next quote, in the order placed."""

    def __init__(
        self, units: Units = "fractional", fill: FillRule = "quote", costs: Costs = NO_COSTS
    ):
        self.terms = Terms(units, costs)
        self.waits = fill == "next"
        """Whether orders are pending until the next quote of their instrument."""
        self.state: tuple[Order, ...] = ()
        """Orders that wait for their next quote, in the order placed; replaced, never changed."""

    def submit(self, order: Order, quote: Quote | None, funds: Funds) -> Execution | None:
        """Execute an order at its quote; without one, or with fill=next, keep it for the next."""
        if quote is None or self.waits:
            self.state = (*self.state, order)
            return None
        return self._execute(order, float(quote["quote"]), funds)

    def cancel(self, orders: Iterable[Order]) -> None:
        """Remove pending orders."""
        gone = tuple(orders)
        self.state = tuple(order for order in self.state if order not in gone)

    def on_quote(self, quote: Quote, funds: Funds) -> Iterable[Execution]:
        """Execute the pending orders of the quote's instrument."""
        sid = quote["sid"]
        due = [order for order in self.state if order.sid == sid]
        if not due:
            return ()
        self.state = tuple(order for order in self.state if order.sid != sid)
        return self._execute_each(due, float(quote["quote"]), funds)

    def _execute_each(
        self, due: Iterable[Order], price: float, funds: Funds
    ) -> Iterator[Execution]:
        for order in due:  # the funds are those after the execution before
            yield self._execute(order, price, funds)

    def _execute(self, order: Order, price: float, funds: Funds) -> Execution:
        """Execute an order as far as the funds go.

        Where the price has moved since it was placed, a buy is cut to what the cash pays now.
        Nothing is executed if less than the smallest buy is left of it, or if the costs of a sale
        are more than it brings and the cash.
        """
        terms, quantity, amount = self.terms, order.quantity, order.amount
        if order.side == "sell":
            delivered = funds.deliverable(order)
            if delivered is None:
                return Execution(order, 0.0, price, 0.0, 0.0)
            quantity, amount = delivered.quantity, delivered.amount
            if price != order.price:
                amount = quantity * price
            if funds.cash + terms.proceeds(amount, quantity) < 0:
                return Execution(order, 0.0, price, 0.0, 0.0)
        else:
            if price != order.price:
                amount = quantity * price
            if terms.bill(amount, quantity) > funds.cash:
                quantity, amount = terms.lot(price, amount, funds.cash)
                if not quantity or amount < funds.minimum_amount:
                    return Execution(order, 0.0, price, 0.0, 0.0)
        if terms.is_free:
            return tuple.__new__(Execution, (order, quantity, price, amount, 0.0))
        slip = terms.costs.slip(order.side)
        fee = terms.costs.fee(amount * slip, quantity)
        return Execution(order, quantity, price * slip, amount * slip, fee)

    def save(self) -> dict[str, Any]:
        """Return the state as plain data."""
        return {"pending": [list(order) for order in self.state]}

    def load(self, data: Mapping[str, Any]) -> None:
        """Restore the state that `save` returned."""
        self.state = tuple(Order(*fields) for fields in data["pending"])

"""The paper venue: executes orders at the prices of quotes."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from portfolio.accounting.orders import Order, Side
from portfolio.execution.costs import NO_COSTS, Costs
from portfolio.execution.prices import bar_open, crossed_or_invalid, side_price
from portfolio.execution.terms import Terms, Units
from portfolio.execution.venue import Execution, Funds
from portfolio.quote import Quote

FillRule = Literal["quote", "next"]
PriceRule = Literal["auto", "last"]

log = logging.getLogger(__name__)


class PaperVenue:
    """Executes orders on paper; a `Venue`.

    :param units: "fractional", or "whole": then an order is for a whole number of units.
    :param fill: where an order fills. "quote": at the quote that caused it, as if the order met
        that very price; "next": at the next quote of its instrument, the first price that comes
        after the decision.
    :param costs: commission and slippage of each fill.
    :param price: the price of a fill, before slippage. "auto": buys at the ask and sells at the
        bid, where the quote has them; else with fill="next" at the open of a bar that follows the
        bar at which the order was placed; else at the quote. "last": always at the quote.
    """

    def __init__(
        self,
        units: Units = "fractional",
        fill: FillRule = "quote",
        costs: Costs = NO_COSTS,
        price: PriceRule = "auto",
    ):
        self.terms = Terms(units, costs)
        self.waits = fill == "next"
        """Whether orders are pending until the next quote of their instrument."""
        self.pending: tuple[Order, ...] = ()
        """Orders that wait for their next quote, in the order placed; replaced, never changed."""
        self._opening: frozenset[str] = frozenset()
        """The ids of those that were placed at a bar, and fill at the open of the next one."""
        self._rule = price
        self._is_former = False
        """Whether the state is of a version that knew neither bid, ask nor bars: it goes on so."""
        self._is_auto = price == "auto"

    @property
    def state(self) -> tuple[tuple[Order, ...], frozenset[str]]:
        """What is pending, and which of it fills at an open."""
        return self.pending, self._opening

    @state.setter
    def state(self, state: tuple[tuple[Order, ...], frozenset[str]]) -> None:
        self.pending, self._opening = state

    def price(self, quote: Quote, side: Side) -> float | None:
        """Return the price that a quote offers to an order; None if `doubt` has a reason."""
        if self._is_auto and ("bid" in quote or "ask" in quote):
            return side_price(quote, side)
        return float(quote["quote"])

    def doubt(self, quote: Quote) -> str | None:
        """Return why no order executes at a quote; None if one does."""
        return crossed_or_invalid(quote) if self._is_auto else None

    def submit(self, order: Order, quote: Quote | None, funds: Funds) -> Execution | None:
        """Execute an order at its quote; with fill=next, or where it cannot, keep it for the next.

        It cannot without a quote, and at one whose bid and ask contradict each other.
        """
        if quote is not None and not self.waits:
            price = self.price(quote, order.side)
            if price is not None:
                return self._execute(order, price, funds)
            log.warning(
                "%s waits for the next quote: %s",
                order.id,
                self.doubt(quote),
                extra={"order_id": order.id},
            )
        self.pending = (*self.pending, order)
        if quote is not None and self.waits and self._is_auto and _is_at_bar(order, quote):
            self._opening = self._opening | {order.id}
        return None

    def cancel(self, orders: Iterable[Order]) -> None:
        """Remove pending orders."""
        gone = tuple(orders)
        self._keep(order for order in self.pending if order not in gone)

    def _keep(self, orders: Iterable[Order]) -> None:
        self.pending = tuple(orders)
        if self._opening:
            self._opening = self._opening & {order.id for order in self.pending}

    def on_quote(self, quote: Quote, funds: Funds) -> Iterable[Execution]:
        """Execute the pending orders of the quote's instrument, unless its prices are doubtful."""
        sid = quote["sid"]
        due = [order for order in self.pending if order.sid == sid]
        if not due:
            return ()
        if doubt := self.doubt(quote):
            log.warning("orders of %s wait for its next quote: %s", sid, doubt)
            return ()
        priced = [(order, self._due_price(order, quote)) for order in due]
        self._keep(order for order in self.pending if order.sid != sid)
        return self._execute_each(priced, funds)

    def _due_price(self, order: Order, quote: Quote) -> float:
        has_sides = quote.get("bid") is not None or quote.get("ask") is not None
        if order.id in self._opening and not has_sides:
            # of another channel it may be a longer bar, which began before the order
            first = bar_open(quote) if order.id.startswith(_key(order, quote)) else None
            if first is not None:
                return first
            log.warning(
                "%s fills at the quote: it is not a bar with an open",
                order.id,
                extra={"order_id": order.id},
            )
        price = self.price(quote, order.side)
        assert price is not None, "the caller has found no doubt"
        return price

    def _execute_each(
        self, priced: Iterable[tuple[Order, float]], funds: Funds
    ) -> Iterator[Execution]:
        for order, price in priced:  # the funds are those after the execution before
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
            return tuple.__new__(Execution, (order, quantity, price, amount, 0.0))  # the fast way
        slip = terms.costs.slip(order.side)
        fee = terms.costs.fee(amount * slip, quantity)
        return Execution(order, quantity, price * slip, amount * slip, fee)

    def save(self) -> dict[str, Any]:
        """Return the state as plain data."""
        pending = {"pending": [list(order) for order in self.pending]}
        return pending if self._is_former else {**pending, "opening": sorted(self._opening)}

    def load(self, data: Mapping[str, Any]) -> None:
        """Restore the state that `save` returned."""
        self.pending = tuple(Order(*fields) for fields in data["pending"])
        self._is_former = "opening" not in data
        self._is_auto = self._rule == "auto" and not self._is_former
        self._opening = frozenset(data.get("opening", ()))


def _is_at_bar(order: Order, quote: Quote) -> bool:
    """Tell whether the input at which an order was placed is this quote, and a bar."""
    # a quote that was kept is of the past: the next open may be, too
    is_own = order.id.startswith(f"{_key(order, quote)}{quote.get('id', '')}:")
    return is_own and bar_open(quote) is not None


def _key(order: Order, quote: Quote) -> str:
    return f"{order.algo}:{quote.get('channel', '')}:"

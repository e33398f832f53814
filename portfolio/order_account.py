"""The account of an algorithm that has no portfolio, and returns its orders."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from portfolio import settings
from portfolio.accounting.account import remainder
from portfolio.accounting.orders import Order, Rejection
from portfolio.blotter import Blotter
from portfolio.execution.venue import Execution
from portfolio.portfolio import Portfolio
from portfolio.quote import Quote
from portfolio.risk.limits import OrderCut

log = logging.getLogger(__name__)


class _ReturnedBlotter(Blotter):
    """Books orders that may be for more than the account can pay or deliver."""

    _warned_unfilled = False

    def deliverable(self, sale: Order) -> Order | None:
        """Return the part of a sale that is held; None if nothing is."""
        held = self._account.quantity(sale.sid)
        if held and (sale.quantity > held or not remainder(held, sale.quantity)):
            return sale._replace(quantity=held, amount=held * sale.price)
        return sale if held else None

    def book(self, execution: Execution, data: Quote) -> None:
        """Record what came of an order, and what did not."""
        super().book(execution, data)
        order, quantity = execution.order, execution.quantity
        if quantity and remainder(order.quantity, quantity):
            reason = _lack(execution)
            log.debug("%s: %s", order.id, reason, extra={"order_id": order.id})
            self.reject(Rejection(order.sid, order.side, "filled_in_part", reason))

    def warn_unfilled(self, order: Order, reason: str) -> None:
        """Log the first order that does not fill."""
        # one warning only: the venue that executes the orders may have more cash than this account
        if not self._warned_unfilled:
            self._warned_unfilled = True
            log.warning(
                "%s does not fill in the account that is kept for these orders: %s; the parameter"
                " cash gives it more",
                order.id,
                reason,
                extra={"order_id": order.id},
            )


def _lack(execution: Execution) -> str:
    asked, filled = execution.order.quantity, execution.quantity
    if execution.order.side == "sell":
        return f"{asked:.10g} were to be sold, and {filled:.10g} were held"
    return (
        f"{asked:.10g} were to be bought, and at {execution.price:.10g} the cash that was left paid"
        f" for {filled:.10g}"
    )


class OrderAccount(Portfolio):
    """Takes orders as they are, and fills them as far as its cash and positions go.

    The account changes no order, even one that it cannot fill: another venue, with other cash, may
    execute the orders. What does not fill is among the `rejections`, with its reason. Limits refuse
    and cut orders as they do in a portfolio; by default there are none.
    """

    _BLOTTER = _ReturnedBlotter

    @classmethod
    def from_params(cls, params: Mapping[str, Any], random: Any = None) -> OrderAccount:
        """Make an account by the parameters in `portfolio.UNSIZED`; others are ignored.

        :raises ParameterError: if a value is not allowed.
        """
        del random  # nothing is sized here
        return cls(**settings.read_unsized(params))

    def take(self, data: Mapping[str, Any], orders: Iterable[Order]) -> None:
        """Place the orders that the algorithm returned for an input.

        An order of another instrument waits for the next quote of that instrument, which tells its
        price; at an input that is not a quote all do.

        :raises ValueError: if an order is for a part of a unit, and units are whole; or if its
            instrument has no price at such an input.
        """
        if self.is_warming_up:
            return
        has_price = self.transaction.has_price
        for order in orders:
            # records what `undo` may have to restore, too
            quote, _ = self._desk.priced(data if has_price else {**data, "sid": order.sid})
            self._take(quote, order)

    def _take(self, data: Quote, order: Order) -> None:
        if not self._venue.terms.is_lot(order.quantity):
            raise ValueError(
                f"cannot {order.side} {order.quantity} of {order.sid}: units are whole"
            )
        if (self._rules.limits or self._rules.halt) and (cut := self._cut_of(data, order)):
            order = self._cut_to(order, cut)
        is_here = self.transaction.has_price and order.sid == data["sid"]
        self._blotter.submit(order, data if is_here else None)

    def _cut_of(self, data: Quote, order: Order) -> OrderCut | None:
        if order.side == "buy":
            return self._desk.cut({**data, "sid": order.sid}, order.amount, data)
        doubt = self._desk.doubts(data)
        return OrderCut(0.0, doubt) if doubt else None

    def _cut_to(self, order: Order, cut: OrderCut) -> Order:
        terms = self._venue.terms
        quantity = terms.units(order.price, cut.amount)
        amount = quantity * order.price if terms.is_whole else cut.amount
        return order._replace(
            quantity=quantity, amount=amount, asked=order.amount, reason=cut.reason
        )

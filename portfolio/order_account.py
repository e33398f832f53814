"""The account of an algorithm that has no portfolio, and returns its orders."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

from portfolio import settings
from portfolio.accounting.account import remainder
from portfolio.accounting.orders import Order, Rejection
from portfolio.execution.venue import Execution
from portfolio.portfolio import Portfolio
from portfolio.quote import Quote
from portfolio.risk.limits import OrderCut

log = logging.getLogger(__name__)


class OrderAccount(Portfolio):
    """Takes orders as they are, and fills them as far as its cash and positions go.

    The account changes no order, even one that it cannot fill: another venue, with other cash, may
    execute the orders. What does not fill is among the `rejections`, with its reason. Limits refuse
    and cut orders as they do in a portfolio; by default there are none.
    """

    _warned_unfilled = False

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
        for order in orders:
            if self._has_price:
                quote, _ = self._priced(data)  # records what `undo` may have to restore
                self._take(quote, order)
            else:
                quote, _ = self._priced({**data, "sid": order.sid})
                self._take(quote, order)

    def _take(self, data: Quote, order: Order) -> None:
        if not self._terms.is_lot(order.quantity):
            raise ValueError(
                f"cannot {order.side} {order.quantity} of {order.sid}: units are whole"
            )
        if (self._limits or self._halt) and (cut := self._cut_of(data, order)):
            order = self._cut_to(order, cut)
        self.orders.append(order)
        if not order.quantity:
            return
        is_here = self._has_price and order.sid == data["sid"]
        self._submit(order, data if is_here else None)

    def _cut_of(self, data: Quote, order: Order) -> OrderCut | None:
        is_halted = self._halt is not None and order.side == "buy"
        if refusal := self.halt if is_halted else self._doubts(data):
            return OrderCut(0.0, refusal)
        if order.side == "sell":
            return None
        return self._limits.cut({**data, "sid": order.sid}, order.amount, self)

    def _cut_to(self, order: Order, cut: OrderCut) -> Order:
        quantity = self._terms.units(order.price, cut.amount)
        amount = quantity * order.price if self._terms.is_whole else cut.amount
        return order._replace(
            quantity=quantity, amount=amount, asked=order.amount, reason=cut.reason
        )

    def deliverable(self, sale: Order) -> Order | None:
        """Return the part of a sale that is held; None if nothing is."""
        held = self.quantity(sale.sid)
        if held and (sale.quantity > held or not remainder(held, sale.quantity)):
            return sale._replace(quantity=held, amount=held * sale.price)
        return sale if held else None

    def _apply(self, execution: Execution, data: Quote) -> None:
        super()._apply(execution, data)
        order, quantity = execution.order, execution.quantity
        if quantity and remainder(order.quantity, quantity):
            self._miss(order, "filled_in_part", self._lack(execution))

    def _warn_unfilled(self, order: Order) -> None:
        # one warning only: the venue that executes the orders may have more cash than this account
        if not self._warned_unfilled:
            self._warned_unfilled = True
            log.warning(
                "%s does not fill in the account that is kept for these orders: its cash does not"
                " pay for it; the parameter cash gives it more",
                order.id,
            )

    def _lack(self, execution: Execution) -> str:
        asked, filled = execution.order.quantity, execution.quantity
        if execution.order.side == "sell":
            return f"{asked:.10g} were to be sold, and {filled:.10g} were held"
        return (
            f"{asked:.10g} were to be bought, and at {execution.price:.10g} the cash that was left"
            f" paid for {filled:.10g}"
        )

    def _miss(self, order: Order, code: Any, reason: str) -> None:
        log.info("%s: %s", order.id, reason)
        self._reject(Rejection(order.sid, order.side, code, reason))

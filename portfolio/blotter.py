"""The blotter: hands orders to the venue, and books what came of them."""

from __future__ import annotations

import logging
from operator import attrgetter

from portfolio.accounting.account import Account
from portfolio.accounting.orders import Order, Rejection, filled
from portfolio.analysis import rejections
from portfolio.execution.pending import buys
from portfolio.execution.venue import Execution, Venue
from portfolio.quote import Quote
from portfolio.risk.rules import Rules
from portfolio.transaction import Transaction

log = logging.getLogger(__name__)


class Blotter:
    """Records orders, fills and rejections in the transaction under way; the venue's `Funds`."""

    cash: float = property(attrgetter("_account.cash"))  # type: ignore[assignment]
    minimum_amount: float = property(attrgetter("_rules.minimum_amount"))  # type: ignore[assignment]

    def __init__(self, account: Account, venue: Venue, rules: Rules, transaction: Transaction):
        self._account = account
        self._venue = venue
        self._rules = rules
        self._transaction = transaction

    def deliverable(self, sale: Order) -> Order | None:
        """Return a sale of what of it is held; None if that is nothing."""
        return sale if sale.sid in self._account.positions else None

    def submit(self, order: Order, quote: Quote | None) -> None:
        """Record an order, and hand it to the venue if there is something to execute.

        :param quote: where it may be executed at once; None if it waits for its next quote.
        """
        self._transaction.orders.append(order)
        if not order.quantity:
            return
        execution = self._venue.submit(order, quote, self)
        if execution is None or quote is None:
            self._transaction.is_watched = True  # from now on each quote may fill it
        else:
            self.book(execution, quote)

    def ask(self, quote: Quote) -> None:
        """Book what came of the pending orders at a quote."""
        for execution in self._venue.on_quote(quote, self):
            self.book(execution, quote)

    def book(self, execution: Execution, data: Quote) -> None:
        """Record what came of an order at a quote."""
        order, quantity, price, amount, fee = execution
        if not quantity:
            self._miss(order, price)
            return
        transaction = self._transaction
        key, number = transaction.key(data), len(transaction.fills)
        transaction.apply(filled(order, key, number, data, quantity, price, amount, fee))

    def _miss(self, order: Order, price: float) -> None:
        if order.side == "sell" and order.sid not in self._account.positions:
            # an order that was returned for too much, or rounding that left it nothing
            log.debug("%s: none are held", order.id, extra={"order_id": order.id})
            self.reject(Rejection(order.sid, "sell", "unfilled", "none are held"))
        else:
            rejection = rejections.of_pending(order, price, self._account.cash)
            self.warn_unfilled(order, rejection.reason)
            self.reject(rejection)

    def warn_unfilled(self, order: Order, reason: str) -> None:
        """Log that an order does not fill, and why."""
        log.warning("%s does not fill: %s", order.id, reason, extra={"order_id": order.id})

    def reject(self, rejection: Rejection | None) -> None:
        """Record a rejection, if there is one."""
        if rejection is not None:
            self._transaction.rejections.append(rejection)

    def cancel_buys(self, reason: str) -> None:
        """Cancel the buys that are pending."""
        cancelled = [order for order in self._venue.pending if buys(order)]
        self._venue.cancel(cancelled)
        for order in cancelled:
            log.warning("%s is cancelled: %s", order.id, reason, extra={"order_id": order.id})
            self.reject(Rejection(order.sid, "buy", "cancelled", reason))

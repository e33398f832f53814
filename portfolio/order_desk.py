"""The order desk: what an algorithm asks for becomes orders, by sizing, terms and limits."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from math import isfinite
from typing import Any

from portfolio.accounting.account import ROUNDING, Account
from portfolio.accounting.orders import Side, placed
from portfolio.analysis import rejections
from portfolio.blotter import Blotter
from portfolio.execution.pending import bought, committed, unsold
from portfolio.execution.venue import Venue
from portfolio.quote import Quote
from portfolio.reals import price, real
from portfolio.risk.book import Book
from portfolio.risk.limits import OrderCut
from portfolio.risk.rules import Rules
from portfolio.risk.sizing import Sizing
from portfolio.text import cash as cash_text
from portfolio.transaction import Transaction

MAX_QUANTITY = 1e15
"""The largest order, in units: a larger float does not hold every whole number."""

log = logging.getLogger(__name__)


class OrderDesk:
    """Places orders: each is sized, cut to what cash and limits allow, and submitted.

    `portfolio.Portfolio` describes what an algorithm calls.

    :param book: what sizing and limits read of the portfolio.
    """

    def __init__(
        self,
        account: Account,
        venue: Venue,
        rules: Rules,
        sizing: Sizing,
        transaction: Transaction,
        blotter: Blotter,
        book: Book,
    ):
        self._account = account
        self._venue = venue
        self._terms = venue.terms
        self._rules = rules
        self.sizing = sizing
        self._transaction = transaction
        self._blotter = blotter
        self._book = book
        self.is_warming_up = False
        """Whether the algorithm receives history: what it asks for leaves no trace."""

    def sized(self, data: Quote) -> tuple[Quote, float]:
        """Return the quote of a buy signal, and the cash that the sizing bets on it."""
        data, _ = self.priced(data)
        return data, self.sizing.amount(self._book, data)

    def buy(self, data: Quote, amount: float) -> float:
        """Place a buy for at most `amount` of cash; return the cash committed."""
        if type(amount) is not float or not isfinite(amount):
            amount = real(amount, f"the amount of {data['sid']} to buy")
        (data, last), cash = self.priced(data), self.buying_power
        if self.is_warming_up:
            return 0.0
        minimum = self._rules.minimum_amount
        if self._account.cash < minimum and not self._transaction.said_spent:
            self._transaction.said_spent = True
            log.info("cash is spent")
        offered = self._venue.price(data, "buy") if self._transaction.has_price else last
        quote = last if offered is None else offered
        if min(amount, cash) / quote > MAX_QUANTITY:
            raise ValueError(
                f"cannot buy {data['sid']} for {min(amount, cash):g} at {quote}:"
                f" at most {MAX_QUANTITY:g} units"
            )
        lot = quantity, asked = self._terms.lot(quote, amount, cash)
        if not quantity or asked < minimum:
            costs = self._terms.unit_cost(quote)
            self._blotter.reject(
                rejections.of_buy(data["sid"], quote, amount, lot, cash, minimum, costs)
            )
            return 0.0
        is_free = self._rules.halt is None and not self._rules.has_limits and offered is not None
        cut = None if is_free else self.cut(data, asked, data)
        if cut is None:
            self._place("buy", data, quote, quantity, asked)
            return asked
        quantity, amount = self._terms.lot(quote, cut.amount, cash)
        if amount < minimum:
            quantity, amount = 0.0, 0.0
        self._place("buy", data, quote, quantity, amount, asked, cut.reason)
        return amount

    def sell(self, data: Quote, quantity: float | None) -> float:
        """Place a sale of `quantity` units, None for all; return the units that are sold."""
        data, last = self.priced(data)
        sid = data["sid"]
        held = self.unsold(sid)
        asked = quantity
        if quantity is None:
            quantity = held
            if not held:
                return 0.0
        else:
            quantity = real(quantity, f"the quantity of {sid} to sell")
            if not self._terms.is_whole and abs(held - quantity) < ROUNDING * held:
                quantity = held
        if self.is_warming_up:  # the algorithm may sell what it asked to buy
            return 0.0
        if not 0 < quantity <= held:
            free = "" if held == self._account.quantity(sid) else " that no pending order sells"
            raise ValueError(
                f"cannot sell {asked} of {sid}: {held} are held{free}, and this portfolio is long"
                " only: it sells no more than it holds"
            )
        # a position that was taken over may hold a part of a unit, which goes with the rest
        if quantity != held and not self._terms.is_lot(quantity):
            raise ValueError(f"cannot sell {asked} of {sid}: units are whole")
        offered = self._venue.price(data, "sell") if self._transaction.has_price else last
        quote = last if offered is None else offered
        amount = quantity * quote
        if not amount:  # a quantity so small that its value vanishes
            return 0.0
        is_trusted = offered is not None and not self._rules.has_limits
        reason = (None if is_trusted else self.doubts(data)) or self._unpaid(amount, quantity)
        if reason is None:
            self._place("sell", data, quote, quantity, amount)
            return quantity
        self._place("sell", data, quote, 0.0, 0.0, amount, reason)
        return 0.0

    def order_target_value(self, data: Quote, target: float) -> None:
        """Place the order that brings a position to a value."""
        target = real(target, "the target value")
        data, quote = self.priced(data)
        sid, terms, minimum = data["sid"], self._terms, self._rules.minimum_amount
        value = self.value(sid)
        excess = value - target
        if excess < 0:
            # what is held is as near to the target as units and the smallest buy let it be
            offered = self._venue.price(data, "buy") if self._transaction.has_price else quote
            if not value or terms.worth(offered or quote, -excess) >= minimum:
                self.buy(data, -excess)
        elif target <= 0:
            self.sell(data, None)
        else:
            quantity = min(self.unsold(sid), terms.units(quote, excess))
            if quantity and quantity * quote >= minimum:  # by the price that values the position
                self.sell(data, quantity)

    def flatten(self) -> None:
        """Place a sale of what no pending sale sells of each position, at its next quote."""
        if self.is_warming_up:
            return
        under_way = self._transaction.input or {}
        for sid in sorted(self._account.positions):
            quantity, last = self.unsold(sid), self._account.prices[sid]
            amount = quantity * last
            if amount > 0:  # 0 also of a quantity so small that its value vanishes
                data: Quote = {"sid": sid, "quote": last, "id": under_way.get("id", "")}
                self._place("sell", data, last, quantity, amount, waits=True)

    @property
    def buying_power(self) -> float:
        """Cash that no order placed has committed yet."""
        pending = self._venue.pending
        if not pending:
            return self._account.cash
        return max(0.0, self._account.cash - committed(pending, self._terms))

    def unsold(self, sid: str) -> float:
        """Return the units held of an instrument that no pending order sells."""
        held, pending = self._account.quantity(sid), self._venue.pending
        return unsold(pending, sid, held) if pending else held

    def value(self, sid: str) -> float:
        """Return what is held of an instrument, once all orders placed have filled, in cash."""
        last = self._account.prices.get(sid, 0.0)
        return self.unsold(sid) * last + bought(self._venue.pending, sid)

    def priced(self, data: Mapping[str, Any]) -> tuple[Quote, float]:
        """Return the quote that an order is placed at, and its price.

        :param data: a quote; or, at an input that is not a quote, any map with a `sid`.
        :raises ValueError: if the instrument has no price.
        """
        transaction = self._transaction
        if transaction.before is None:
            transaction.note()
        sid = data["sid"]
        if not transaction.has_price:
            last = self._account.prices.get(sid)
            if last is None:
                raise ValueError(
                    f"an order of {sid} has no price: no trusted quote of it has come yet"
                )
            return {**data, "quote": last}, last  # type: ignore[typeddict-item]
        quote: Quote = data  # type: ignore[assignment]  # the engine has checked it
        found = quote["quote"]
        if data is transaction.input and type(found) is float:  # the engine has checked it
            return quote, found
        found = price(found)
        if sid != transaction.sid:  # of another instrument than the quote that has come
            last = transaction.price_of(sid)
            if self._rules.limits.distrust(quote, last) is None:
                self._account.prices[sid] = found
        return quote, found

    def doubts(self, data: Quote) -> str | None:
        """Return why no order may be placed at a quote."""
        transaction = self._transaction
        sid = data["sid"]
        if not transaction.has_price:  # the quote that it waits for is the one to be trusted
            return None
        if sid == transaction.sid:
            return transaction.doubt or self._venue.doubt(data)
        distrust = self._rules.limits.distrust(data, transaction.price_of(sid))
        return distrust or self._venue.doubt(data)

    def cut(self, data: Quote, amount: float, seen: Quote) -> OrderCut | None:
        """Return the part of a buy that is allowed; None if all of it is.

        :param seen: the quote that has to be trusted for it.
        """
        rules = self._rules
        refusal = rules.stop if rules.halt else self.doubts(seen)
        if refusal:
            return OrderCut(0.0, refusal)
        return rules.limits.cut(data, amount, self._book)

    def _unpaid(self, amount: float, quantity: float) -> str | None:
        left = self._account.cash + self._terms.proceeds(amount, quantity)
        if left >= 0:
            return None
        return f"costs: they are more than the sale brings and the cash, by {cash_text(-left)}"

    def _place(
        self,
        side: Side,
        data: Quote,
        quote: float,
        quantity: float,
        amount: float,
        asked: float | None = None,
        reason: str | None = None,
        *,
        waits: bool = False,
    ) -> None:
        transaction = self._transaction
        order = placed(
            transaction.key(data),
            len(transaction.orders),
            transaction.algo,
            data,
            data["sid"],
            side,
            quantity,
            quote,
            amount,
            asked,
            reason,
        )
        self._blotter.submit(order, data if transaction.has_price and not waits else None)

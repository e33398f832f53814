"""An account that trades: the part of a portfolio that the engine calls around each quote."""

from __future__ import annotations

import logging
import random as random_module
from collections.abc import Iterable, Mapping
from typing import Any

from portfolio.accounting.account import Account, Change, Position
from portfolio.accounting.orders import Fill, Order, Rejection, Side
from portfolio.analysis import rejections
from portfolio.execution.paper import PaperVenue
from portfolio.execution.pending import buys
from portfolio.execution.venue import Execution, Venue
from portfolio.quote import Quote
from portfolio.reals import price, real
from portfolio.risk.halt import Halt
from portfolio.risk.limits import Limit, Limits, QuoteObservation
from portfolio.risk.sizing import RandomFraction, SeededFraction, Sizing

_SMALLEST_BUYS = 1e6
"""The starting cash pays for this number of the smallest buys, by default."""

_MIN_AMOUNT = 1e-200
"""The lowest default of the smallest buy, in cash: a float below it has no digits left to share
between price and quantity."""

_FORMER_MINIMUM = 0.01
"""The smallest buy, in cash, before it was a parameter; journals of that time continue with it."""

log = logging.getLogger(__name__)


class TradingAccount(Account):
    """Places orders by the limits, has the venue execute them, and applies the fills.

    For each quote the engine calls `begin`, for any other input `begin_other`; then the algorithm,
    which places orders, or what a command asks for; after an error `undo`. All calls come on one
    thread. `portfolio.Portfolio` describes the arguments.
    """

    def __init__(
        self,
        amount: float,
        sizing: Sizing | None = None,
        venue: Venue | None = None,
        limits: Iterable[Limit] = (),
        minimum_amount: float | None = None,
        *,
        broker: Venue | None = None,
    ):
        cash = real(amount, "the starting cash")
        if cash < 0:
            raise ValueError(f"the starting cash is {amount}: it has to be finite and at least 0")
        super().__init__(cash)
        self.orders: list[Order] = []
        """Placed since the last input came, in the order of placement."""
        self.fills: list[Fill] = []
        """Filled since the last input came, in the order of execution."""
        self.rejections: list[Rejection] = []
        """Rejections since the last input came."""
        if minimum_amount is None:
            minimum_amount = max(cash / _SMALLEST_BUYS, _MIN_AMOUNT)
        self.minimum_amount = real(minimum_amount, "minimum_amount")
        self.sizing: Sizing = RandomFraction(random_module) if sizing is None else sizing
        self._venue: Venue = venue or broker or PaperVenue()
        self._terms = self._venue.terms
        self._limits = Limits(limits)
        self._halt: Halt | None = None
        self.is_warming_up = False
        """Whether the algorithm receives history: what it then asks for leaves neither an order
        nor a rejection."""
        self._algo = ""
        self._logged_spent = False
        self.price_before: float | None = None
        """The instrument's price before the quote that came last; None if that was its first."""
        self.doubt: str | None = None
        """Why a limit does not trust the quote that came last; None if all do."""
        self._is_watched = bool(self._limits) or self._venue.waits
        # The input under way; None before the first one, and after `undo`.
        self._input: Mapping[str, Any] | None = None
        self._has_price = True
        # What it has replaced, for `undo`.
        self._sid = ""
        self._before: tuple[Any, ...] | None = None
        self._changes: list[Change] = []
        self._valued: dict[str, float | None] = {}

    # What the engine calls, around each input.

    def begin(self, algo: str, data: Mapping[str, Any]) -> None:
        """Value the quote's instrument, and fill the orders that waited for it.

        The orders and fills of the quote before are forgotten. The quote's price is a float.

        :param algo: the algorithm's name, for the ids of what it places.
        :raises MissingTimeError: if a limit needs the quote's time, and it has none.
        """
        sid, prices = data["sid"], self.prices
        if self._before is not None:
            self._forget()
        self._algo = algo
        self._input = data
        self._sid = sid
        self.price_before = prices.get(sid)
        if self._is_watched:
            self._begin_watched(data)  # type: ignore[arg-type]  # the engine has checked it
        else:
            prices[sid] = data["quote"]

    def _begin_watched(self, data: Quote) -> None:
        sid, venue, limits = data["sid"], self._venue, self._limits
        self._note()
        self.doubt = limits.distrust(data, self.price_before)
        equity = self.equity
        if self.doubt is None:
            self.prices[sid] = data["quote"]
        limits.watch(QuoteObservation(data, self.price_before, equity, self.equity))
        if stop := limits.halt:
            self._cancel_buys(stop)
        if venue.pending and self.doubt is None:
            for execution in venue.on_quote(data, self):
                self._apply(execution, data)

    def begin_other(self, algo: str, channel: str, input_id: str) -> None:
        """Take in an input that is not a quote: it changes no price, and nothing fills at it.

        The orders and fills of the input before are forgotten. Until the next `begin` orders are
        placed at the last price of their instrument, and wait for its next quote.

        :param algo: the algorithm's name, for the ids of what it places.
        """
        self._forget()
        self._algo = algo
        self._input = {"channel": channel, "id": input_id}
        self._has_price = False
        self._note()

    def _note(self) -> None:
        sizing = self.sizing
        generator = sizing.save() if isinstance(sizing, SeededFraction) else None
        self._before = (
            self._venue.state,
            self._limits.states,
            self._halt,
            self._logged_spent,
            generator,
        )

    def undo(self) -> None:
        """Restore the state before the last input, without its orders and fills."""
        while self._changes:
            self.restore(self._changes.pop())
        for sid, last in {**self._valued, self._sid: self.price_before}.items():
            if last is None:
                self.prices.pop(sid, None)
            else:
                self.prices[sid] = last
        if self._before:
            self._venue.state, self._limits.states, *others = self._before
            self._halt, self._logged_spent, generator = others
            if isinstance(self.sizing, SeededFraction):
                self.sizing.load(generator)
        self._input = None
        self._forget()

    def _forget(self) -> None:
        self._sid, self.price_before, self.doubt, self._before = "", None, None, None
        self._has_price = True
        self.orders, self.fills, self.rejections = [], [], []
        self._changes, self._valued = [], {}

    def save(self) -> dict[str, Any]:
        """Return the state that `load` restores, as plain data."""
        return {
            "cash": self.cash,
            "realised": self.realised,
            "fees": self.fees,
            "positions": {sid: list(held) for sid, held in self.positions.items()},
            "prices": dict(self.prices),
            **self._venue.save(),
            "limits": self._limits.states,
            "halt": self._halt and list(self._halt),
            "sizing": self.sizing.save() if isinstance(self.sizing, SeededFraction) else None,
            "said_spent": self._logged_spent,
            "minimum_amount": self.minimum_amount,
        }

    def load(self, data: Mapping[str, Any]) -> None:
        """Restore the state that `save` returned."""
        self.cash, self.realised, self.fees = data["cash"], data["realised"], data["fees"]
        self.positions = {sid: Position(*held) for sid, held in data["positions"].items()}
        self.prices = dict(data["prices"])
        self._venue.load(data)
        self._is_watched = self._is_watched or bool(self._venue.pending)
        self._limits.states = data["limits"]
        halt = data.get("halt")  # older states have none
        self._halt = halt and Halt(*halt)
        if isinstance(self.sizing, SeededFraction):
            self.sizing.load(data["sizing"])
        self._logged_spent = data["said_spent"]
        self.minimum_amount = data.get("minimum_amount", _FORMER_MINIMUM)
        self._input = None
        self._forget()

    # Orders and their fills.

    def _cancel_buys(self, reason: str) -> None:
        cancelled = [order for order in self._venue.pending if buys(order)]
        self._venue.cancel(cancelled)
        for order in cancelled:
            log.warning("%s is cancelled: %s", order.id, reason)
            self._reject(Rejection(order.sid, "buy", "cancelled", reason))

    def _reject(self, rejection: Rejection | None) -> None:
        if rejection is not None:
            self.rejections.append(rejection)

    def _priced(self, data: Mapping[str, Any]) -> tuple[Quote, float]:
        """Return the quote and the price that an order is placed at.

        :param data: a quote; or, at an input that is not a quote, any map with a `sid`.
        :raises ValueError: if the instrument has no price.
        """
        if self._before is None:
            self._note()
        sid = data["sid"]
        if not self._has_price:
            last = self.prices.get(sid)
            if last is None:
                raise ValueError(f"an order of {sid} has no price: no quote of it has come yet")
            return {**data, "quote": last}, last  # type: ignore[typeddict-item]
        quote: Quote = data  # type: ignore[assignment]  # the engine has checked it
        found = price(quote["quote"])
        if sid != self._sid:  # of another instrument than the quote that has come
            last = self._valued.setdefault(sid, self.prices.get(sid))
            if self._limits.distrust(quote, last) is None:
                self.prices[sid] = found
        return quote, found

    def _place(
        self,
        side: Side,
        data: Quote,
        quantity: float,
        amount: float,
        asked: float | None = None,
        reason: str | None = None,
        *,
        waits: bool = False,
    ) -> None:
        order = Order(
            f"{self._key(data)}:{len(self.orders)}",
            self._algo,
            data["sid"],
            side,
            "market",
            quantity,
            float(data["quote"]),
            amount,
            data.get("ts"),
            data.get("id", ""),
            asked,
            reason,
        )
        self.orders.append(order)
        if not quantity:
            return
        self._submit(order, data if self._has_price and not waits else None)

    def _submit(self, order: Order, quote: Quote | None) -> None:
        execution = self._venue.submit(order, quote, self)
        if quote is None or execution is None:
            self._is_watched = True  # from now on each quote may fill it
        else:
            self._apply(execution, quote)

    def deliverable(self, sale: Order) -> Order | None:
        """Return a sale of what of it is held; None if that is nothing."""
        return sale if sale.sid in self.positions else None

    def _apply(self, execution: Execution, data: Quote) -> None:
        """Record what came of an order at a quote."""
        order, quantity, price, amount, fee = execution
        if not quantity:
            self._miss_execution(order, price)
            return
        fill = Fill(
            f"{self._key(data)}:{len(self.fills)}",
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
        self.fills.append(fill)
        self._changes.append(self.apply(fill))
        self._logged_spent = self._logged_spent and fill.side == "buy"

    def _miss_execution(self, order: Order, price: float) -> None:
        if order.side == "sell" and order.sid not in self.positions:
            # an order that was returned for too much, or rounding that left it nothing
            log.info("%s: none are held", order.id)
            self._reject(Rejection(order.sid, "sell", "unfilled", "none are held"))
        else:
            self._warn_unfilled(order)
            self._reject(rejections.of_pending(order, price, self.cash))

    def _warn_unfilled(self, order: Order) -> None:
        log.warning("%s does not fill: the cash no longer pays for it", order.id)

    def _key(self, data: Quote) -> str:
        """Return what the ids at the input under way begin with.

        It is made of the input, and not of the quote that an order is placed at: the algorithm may
        have kept that one from an earlier input, whose orders have its ids.
        """
        made = data if self._input is None else self._input
        return f"{self._algo}:{made.get('channel', '')}:{made.get('id', '')}"

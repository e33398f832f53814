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
from portfolio.quote import Quote
from portfolio.reals import price, real
from portfolio.risk.limits import Limit, Limits, QuoteObservation
from portfolio.risk.sizing import RandomFraction, SeededFraction, Sizing
from portfolio.text import cash as cash_text

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

    For each quote the engine calls `begin`, then the algorithm, which places orders; after an error
    it calls `undo`. All calls come on one thread. `portfolio.Portfolio` describes the arguments.
    """

    def __init__(
        self,
        amount: float,
        sizing: Sizing | None = None,
        venue: PaperVenue | None = None,
        limits: Iterable[Limit] = (),
        minimum_amount: float | None = None,
        *,
        broker: PaperVenue | None = None,
    ):
        cash = real(amount, "the starting cash")
        if cash < 0:
            raise ValueError(f"the starting cash is {amount}: it has to be finite and at least 0")
        super().__init__(cash)
        self.orders: list[Order] = []
        """Placed since the last quote came, in the order of placement."""
        self.fills: list[Fill] = []
        """Filled since the last quote came, in the order of execution."""
        self.rejections: list[Rejection] = []
        """Rejections since the last quote came."""
        if minimum_amount is None:
            minimum_amount = max(cash / _SMALLEST_BUYS, _MIN_AMOUNT)
        self.minimum_amount = real(minimum_amount, "minimum_amount")
        self.sizing: Sizing = RandomFraction(random_module) if sizing is None else sizing
        self._venue = venue or broker or PaperVenue()
        self._limits = Limits(limits)
        self.is_warming_up = False
        """Whether the algorithm receives history: what it then asks for leaves neither an order
        nor a rejection."""
        self._algo = ""
        self._logged_spent = False
        self.price_before: float | None = None
        """The instrument's price before the quote that came last; None if that was its first."""
        self._is_watched = bool(self._limits) or self._venue.waits
        # What the last quote has replaced, for `undo`.
        self._sid = ""
        self._doubt: str | None = None
        self._before: tuple[tuple[Order, ...], tuple[Any, ...], bool, Any] | None = None
        self._changes: list[Change] = []
        self._valued: dict[str, float | None] = {}

    # What the engine calls, around each quote.

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
        self._sid = sid
        self.price_before = prices.get(sid)
        if self._is_watched:
            self._begin_watched(data)  # type: ignore[arg-type]  # the engine has checked it
        else:
            prices[sid] = data["quote"]

    def _begin_watched(self, data: Quote) -> None:
        sid, venue, limits = data["sid"], self._venue, self._limits
        self._note()
        self._doubt = limits.distrust(data, self.price_before)
        equity = self.equity
        if self._doubt is None:
            self.prices[sid] = data["quote"]
        limits.watch(QuoteObservation(data, self.price_before, equity, self.equity))
        if halt := limits.halt:
            for order in venue.cancel_buys():
                self._reject(Rejection(order.sid, "buy", "cancelled", halt))
        if venue.pending and self._doubt is None:
            for order in venue.take_due(sid):
                self._execute(order, data, self._key(data))

    def _note(self) -> None:
        sizing = self.sizing
        generator = sizing.save() if isinstance(sizing, SeededFraction) else None
        self._before = self._venue.pending, self._limits.states, self._logged_spent, generator

    def undo(self) -> None:
        """Restore the state before the last `begin`, without the quote's orders and fills."""
        while self._changes:
            self.restore(self._changes.pop())
        for sid, last in {**self._valued, self._sid: self.price_before}.items():
            if last is None:
                self.prices.pop(sid, None)
            else:
                self.prices[sid] = last
        if self._before:
            self._venue.pending, self._limits.states, self._logged_spent, generator = self._before
            if isinstance(self.sizing, SeededFraction):
                self.sizing.load(generator)
        self._forget()

    def _forget(self) -> None:
        self._sid, self.price_before, self._doubt, self._before = "", None, None, None
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
            "pending": [list(order) for order in self._venue.pending],
            "limits": self._limits.states,
            "sizing": self.sizing.save() if isinstance(self.sizing, SeededFraction) else None,
            "said_spent": self._logged_spent,
            "minimum_amount": self.minimum_amount,
        }

    def load(self, data: Mapping[str, Any]) -> None:
        """Restore the state that `save` returned."""
        self.cash, self.realised, self.fees = data["cash"], data["realised"], data["fees"]
        self.positions = {sid: Position(*held) for sid, held in data["positions"].items()}
        self.prices = dict(data["prices"])
        self._venue.pending = tuple(Order(*fields) for fields in data["pending"])
        self._limits.states = data["limits"]
        if isinstance(self.sizing, SeededFraction):
            self.sizing.load(data["sizing"])
        self._logged_spent = data["said_spent"]
        self.minimum_amount = data.get("minimum_amount", _FORMER_MINIMUM)
        self._forget()

    def reset(self) -> str | None:
        """Resume buying after a limit has stopped it, and measure losses from the present equity.

        :return: the reason of the stop; None if there was none.
        """
        halt = self._limits.halt
        self._limits.reset(self.equity)
        return halt

    # Orders and their fills.

    def _reject(self, rejection: Rejection | None) -> None:
        if rejection is not None:
            self.rejections.append(rejection)

    def _quote(self, data: Quote) -> float:
        """Return the price that an order is placed at."""
        if self._before is None:
            self._note()
        sid, quote = data["sid"], price(data["quote"])
        if sid != self._sid:  # of another instrument than the quote that has come
            self._valued.setdefault(sid, self.prices.get(sid))
            self.prices[sid] = quote
        return quote

    def _doubts(self, data: Quote) -> str | None:
        """Return why no order may be placed at a quote."""
        sid = data["sid"]
        if sid == self._sid:
            return self._doubt
        return self._limits.distrust(data, self._valued[sid])

    def _unpaid(self, amount: float, quantity: float) -> str | None:
        left = self.cash + self._venue.proceeds(amount, quantity)
        if left >= 0:
            return None
        return f"costs: they are more than the sale brings and the cash, by {cash_text(-left)}"

    def _place(
        self,
        side: Side,
        data: Quote,
        quantity: float,
        amount: float,
        asked: float | None = None,
        reason: str | None = None,
    ) -> None:
        key = self._key(data)
        order = Order(
            f"{key}:{len(self.orders)}",
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
        if self._venue.waits:
            self._venue.pending = (*self._venue.pending, order)
        else:
            self._execute(order, data, key)

    def _execute(self, order: Order, data: Quote, key: str) -> None:
        fill_id = f"{key}:{len(self.fills)}"
        fill = self._venue.execute(order, data, fill_id, self.cash, self.minimum_amount)
        if fill is None:
            self._warn_unfilled(order)
            self._reject(rejections.of_pending(order, float(data["quote"]), self.cash))
            return
        self.fills.append(fill)
        self._changes.append(self.apply(fill))
        self._logged_spent = self._logged_spent and fill.side == "buy"

    def _warn_unfilled(self, order: Order) -> None:
        log.warning("%s does not fill: the cash no longer pays for it", order.id)

    def _key(self, data: Quote) -> str:
        return f"{self._algo}:{data.get('channel', '')}:{data.get('id', '')}"

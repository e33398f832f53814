"""The portfolio: what algorithms call to decide how much to invest, and to place orders."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from portfolio import settings
from portfolio.accounting.account import ROUNDING
from portfolio.accounting.orders import Order
from portfolio.analysis import rejections
from portfolio.commanded_account import CommandedAccount
from portfolio.execution.pending import bought, committed, unsold
from portfolio.quote import Quote
from portfolio.reals import real
from portfolio.risk.limits import OrderCut
from portfolio.risk.sizing import RandomSource
from portfolio.text import cash as cash_text

MAX_QUANTITY = 1e15
"""The largest order, in units: a larger float does not hold every whole number."""

log = logging.getLogger(__name__)


class Portfolio(CommandedAccount):
    """The account of one algorithm, which sizes, limits and places its orders; long only.

    Only a fill changes cash and positions. With the starting cash as its only argument it bets a
    random fraction of its cash, in fractional units, without costs and limits, and its orders fill
    at the quote that caused them. Amounts, quantities and prices are real numbers of any kind
    (`portfolio.reals.real`), read as the nearest double.

    :param amount: the starting cash, finite and at least 0.
    :param sizing: how much to bet on a buy signal; by default a random fraction of what is
        left, drawn from the module `random`.
    :param venue: how large an order may be, what it costs, and where it fills.
    :param limits: the rules that refuse or cut orders.
    :param minimum_amount: the smallest buy, in cash; a smaller one gives no order. By default a
        millionth of the starting cash.
    :param broker: the former name of `venue`, for this version only.
    :raises ValueError: if the amount is not such a number.
    """

    @classmethod
    def from_params(
        cls, params: Mapping[str, Any], random: RandomSource | None = None
    ) -> Portfolio:
        """Make a portfolio by the parameters in `portfolio.PARAMETERS`; others are ignored.

        :param params: values by name, as `initialize` receives them.
        :param random: what a random sizing draws from; by default a generator of its own, made
            from the parameter `seed` and kept with the portfolio's state.
        :raises ParameterError: if a value is not allowed, or lacks another one.
        """
        return cls(**settings.read(params, random))

    # What an algorithm calls.

    def optimize(self, data: Quote) -> float:
        """Place the buy that the sizing asks for on a buy signal.

        :param data: a quote, `{'sid': 'GOOG', 'quote': 345.0, ...}`.
        :return: the cash that was bet; 0.0 if that is nothing.
        """
        data, _ = self._priced(data)
        return self.buy(data, self.sizing.amount(self, data))

    def buy(self, data: Quote, amount: float) -> float:
        """Place a market order for `amount` of cash, cut to what cash and limits allow.

        :return: the cash committed; 0.0 if that would be less than `minimum_amount`, or less than
            one unit where units are whole (`rejections` has the reason), or if a limit refused the
            order.
        :raises ValueError: if the amount is not a finite number.
        """
        amount = real(amount, f"the amount of {data['sid']} to buy")
        (data, quote), cash = self._priced(data), self.buying_power
        if self.is_warming_up:
            return 0.0
        if self.cash < self.minimum_amount and not self._logged_spent:
            self._logged_spent = True
            log.info("cash is spent")
        if min(amount, cash) / quote > MAX_QUANTITY:
            raise ValueError(
                f"cannot buy {data['sid']} for {min(amount, cash):g} at {quote}:"
                f" at most {MAX_QUANTITY:g} units"
            )
        lot = quantity, asked = self._terms.lot(quote, amount, cash)
        if not quantity or asked < self.minimum_amount:
            costs = self._terms.unit_cost(quote)
            self._reject(
                rejections.of_buy(data["sid"], quote, amount, lot, cash, self.minimum_amount, costs)
            )
            return 0.0
        cut = self._cut(data, asked)
        if cut is None:
            self._place("buy", data, quantity, asked)
            return asked
        quantity, amount = self._terms.lot(quote, cut.amount, cash)
        if amount < self.minimum_amount:
            quantity, amount = 0.0, 0.0
        self._place("buy", data, quantity, amount, asked, cut.reason)
        return amount

    def _cut(self, data: Quote, amount: float) -> OrderCut | None:
        """Return the part of a buy that is allowed; None if all of it is."""
        refusal = self.halt if self._halt else self._doubts(data)
        return OrderCut(0.0, refusal) if refusal else self._limits.cut(data, amount, self)

    def sell(self, data: Quote, quantity: float | None = None) -> float:
        """Place a market order to sell `quantity` units, by default the whole position.

        Units are binary fractions: a quantity that differs from the whole position by less than a
        billionth of it counts as the whole position.

        :return: the units that are sold; 0.0 if none are held and none were asked for, or if a
            limit refused the order.
        :raises ValueError: if that is not above 0, more than is held, or a part of a unit where
            units are whole.
        """
        data, quote = self._priced(data)
        sid = data["sid"]
        held = unsold(self._venue.pending, sid, self.quantity(sid))
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
            free = "" if held == self.quantity(sid) else " that no pending order sells"
            raise ValueError(
                f"cannot sell {asked} of {sid}: {held} are held{free}, and this portfolio is long"
                " only: it sells no more than it holds"
            )
        if not self._terms.is_lot(quantity):
            raise ValueError(f"cannot sell {asked} of {sid}: units are whole")
        amount = quantity * quote
        if not amount:  # a quantity so small that its value vanishes
            return 0.0
        reason = self._doubts(data) or self._unpaid(amount, quantity)
        if reason is None:
            self._place("sell", data, quantity, amount)
            return quantity
        self._place("sell", data, 0.0, 0.0, amount, reason)
        return 0.0

    def order_target_value(self, data: Quote, target: float) -> None:
        """Place the order that brings a position to a value.

        :param target: cash, at least 0; cut like any buy, and to whole units where they are whole.
        :raises ValueError: if it is not a finite number.
        """
        target = real(target, "the target value")
        data, quote = self._priced(data)
        sid, terms = data["sid"], self._terms
        value = self.value(sid)
        excess = value - target
        if excess < 0:
            # what is held is as near to the target as units and the smallest buy let it be
            if not value or terms.worth(quote, -excess) >= self.minimum_amount:
                self.buy(data, -excess)
        elif target <= 0:
            self.sell(data)
        else:
            held = unsold(self._venue.pending, sid, self.quantity(sid))
            quantity = min(held, terms.units(quote, excess))
            if quantity and quantity * quote >= self.minimum_amount:
                self.sell(data, quantity)

    def _doubts(self, data: Quote) -> str | None:
        """Return why no order may be placed at a quote."""
        sid = data["sid"]
        if sid == self._sid:
            return self.doubt
        if not self._has_price:  # the quote that it waits for is the one to be trusted
            return None
        return self._limits.distrust(data, self._valued[sid])

    def _unpaid(self, amount: float, quantity: float) -> str | None:
        left = self.cash + self._terms.proceeds(amount, quantity)
        if left >= 0:
            return None
        return f"costs: they are more than the sale brings and the cash, by {cash_text(-left)}"

    # What an algorithm may read, beside the account.

    @property
    def buying_power(self) -> float:
        """Cash that no order placed has committed yet."""
        if not self._venue.pending:
            return self.cash
        return max(0.0, self.cash - committed(self._venue.pending, self._terms))

    @property
    def pending(self) -> tuple[Order, ...]:
        """Orders that wait for the next quote of their instrument, in the order placed."""
        return self._venue.pending

    @property
    def instruments(self) -> int:
        """The number of instruments that had a quote."""
        return len(self.prices)

    def value(self, sid: str) -> float:
        """Return what is held of an instrument, once all orders placed have filled, in cash."""
        held = unsold(self._venue.pending, sid, self.quantity(sid))
        return held * self.prices.get(sid, 0.0) + bought(self._venue.pending, sid)

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain data (contracts/portfolio.schema.json)."""
        return {
            "cash": self.cash,
            "positions": {
                sid: {
                    "quantity": held.quantity,
                    "average_cost": held.average_cost,
                    "price": self.prices[sid],
                }
                for sid, held in sorted(self.positions.items())
            },
            "equity": self.equity,
            "exposure": self.exposure,
            "realised": self.realised,
            "unrealised": self.unrealised,
            "fees": self.fees,
            "halt": self.halt,
            "halted": self.halted,
        }

"""The portfolio: decides how much to invest, places orders, and changes by their fills."""

from __future__ import annotations

import logging
import random as random_module
from collections.abc import Iterable, Mapping
from typing import Any

from portfolio import settings
from portfolio.accounting.account import ROUNDING, Account, Change, Position
from portfolio.accounting.orders import Fill, Order, Rejection, Side
from portfolio.analysis import rejections
from portfolio.execution.paper import PaperBroker
from portfolio.reals import price, real
from portfolio.risk.limits import Cut, Limit, Limits, Seen
from portfolio.risk.sizing import RandomFraction, RandomSource, SeededFraction, Sizing
from portfolio.text import cash as cash_text

MAXIMUM_QUANTITY = 1e15
"""The largest order, in units: beyond it a float no longer tells whole units apart."""

_SMALLEST_BUYS = 1e6
# Below it a float has no digits left to share between price and quantity.
_LEAST_AMOUNT = 1e-200
"""That the starting cash pays: by default the smallest is a millionth of it."""

# what it was, in cash, before it was a parameter; journals of then go on with it
_FORMER_MINIMUM = 0.01

log = logging.getLogger(__name__)


class Portfolio(Account):
    """The account of one algorithm, which sizes, limits and places its orders; long only.

    Nothing but a fill changes cash and positions. Made of the starting cash alone it bets a
    random fraction of its cash, in fractional units, without costs and limits, and its orders
    fill at the quote that caused them. Amounts, quantities and prices are real numbers of any kind
    (`portfolio.reals.real`), taken as the nearest double.

    :param amount: the starting cash, finite and at least 0.
    :param sizing: how much to bet on a buy signal; by default a random fraction of what is
        left, drawn from the module `random`.
    :param broker: how much an order may be, what it costs, and where it fills.
    :param limits: what refuses or cuts orders.
    :param minimum_amount: the smallest buy, in cash; a smaller one gives no order. By default a
        millionth of the starting cash.
    :raises ValueError: if the amount is no such number.
    """

    def __init__(
        self,
        amount: float,
        sizing: Sizing | None = None,
        broker: PaperBroker | None = None,
        limits: Iterable[Limit] = (),
        minimum_amount: float | None = None,
    ):
        cash = real(amount, "the starting cash")
        if cash < 0:
            raise ValueError(f"the starting cash is {amount}: it has to be finite and at least 0")
        super().__init__(cash)
        self.orders: list[Order] = []
        """Placed since the last quote came, in the order placed."""
        self.fills: list[Fill] = []
        """Filled since the last quote came, in the order filled."""
        self.rejections: list[Rejection] = []
        """What came to nothing since the last quote came."""
        if minimum_amount is None:
            minimum_amount = max(cash / _SMALLEST_BUYS, _LEAST_AMOUNT)
        self.minimum_amount = real(minimum_amount, "minimum_amount")
        self.sizing: Sizing = RandomFraction(random_module) if sizing is None else sizing
        self._broker = PaperBroker() if broker is None else broker
        self._limits = Limits(limits)
        self.is_warming_up = False
        """Whether history is given to the algorithm, not quotes to trade at: every order that it
        asks for comes to nothing, and leaves neither an order nor a rejection."""
        self._algo = ""
        self._said_spent = False
        self.price_before: float | None = None
        """The instrument's price before the quote that came last; None if that was its first."""
        self._is_watched = bool(self._limits) or self._broker.waits
        # What the quote that came last has replaced, so that it can be taken back.
        self._sid = ""
        self._doubt: str | None = None
        self._before: tuple[tuple[Order, ...], tuple[Any, ...], bool, Any] | None = None
        self._changes: list[Change] = []
        self._valued: dict[str, float | None] = {}

    @classmethod
    def from_params(
        cls, params: Mapping[str, Any], random: RandomSource | None = None
    ) -> Portfolio:
        """Make a portfolio by the parameters in `portfolio.PARAMETERS`; others are not looked at.

        :param params: values by name, as `initialize` receives them.
        :param random: what a random sizing draws from; by default a generator of its own, made
            from the parameter `seed` and kept with the portfolio's state.
        :raises ParameterError: if a value is not allowed, or lacks another one.
        """
        return cls(**settings.read(params, random))

    # What an algorithm calls.

    def optimize(self, data: Mapping[str, Any]) -> float:
        """Place the buy that the sizing asks for on a buy signal.

        :param data: a quote, `{'sid': 'GOOG', 'quote': 345.0, ...}`.
        :return: the cash that was bet; 0.0 if that is nothing.
        """
        self._quote(data)
        return self.buy(data, self.sizing.amount(self, data))

    def buy(self, data: Mapping[str, Any], amount: float) -> float:
        """Place a market order for `amount` of cash, cut to what cash and limits allow.

        :return: the cash committed; 0.0 if that would be less than `minimum_amount`, or less than
            one unit where units are whole (`rejections` says so), or if a limit refused the order.
        :raises ValueError: if the amount is not a finite number.
        """
        amount = real(amount, f"the amount of {data['sid']} to buy")
        quote, cash = self._quote(data), self.buying_power
        if self.is_warming_up:
            return 0.0
        if self.cash < self.minimum_amount and not self._said_spent:
            self._said_spent = True
            log.info("cash is spent")
        if min(amount, cash) / quote > MAXIMUM_QUANTITY:
            raise ValueError(
                f"cannot buy {data['sid']} for {min(amount, cash):g} at {quote}:"
                f" at most {MAXIMUM_QUANTITY:g} units"
            )
        lot = quantity, asked = self._broker.lot(quote, amount, cash)
        if not quantity or asked < self.minimum_amount:
            costs = self._broker.unit_cost(quote)
            self._reject(
                rejections.of_buy(data["sid"], quote, amount, lot, cash, self.minimum_amount, costs)
            )
            return 0.0
        doubt = self._doubts(data)
        cut = Cut(0.0, doubt) if doubt else self._limits.cut(data, asked, self)
        if cut is None:
            self._place("buy", data, quantity, asked)
            return asked
        quantity, amount = self._broker.lot(quote, cut.amount, cash)
        if amount < self.minimum_amount:
            quantity, amount = 0.0, 0.0
        self._place("buy", data, quantity, amount, asked, cut.reason)
        return amount

    def sell(self, data: Mapping[str, Any], quantity: float | None = None) -> float:
        """Place a market order to sell `quantity` units, by default the whole position.

        Units are parts of a binary fraction: what differs from the whole position by less than a
        billionth of it is the whole position.

        :return: the units that are sold; 0.0 if none are held and none were asked for, or if a
            limit refused the order.
        :raises ValueError: if that is not above 0, more than is held, or a part of a unit where
            units are whole.
        """
        sid, quote = data["sid"], self._quote(data)
        held = self._broker.unsold(sid, self.quantity(sid))
        asked = quantity
        if quantity is None:
            quantity = held
            if not held:
                return 0.0
        else:
            quantity = real(quantity, f"the quantity of {sid} to sell")
            if not self._broker.is_whole and abs(held - quantity) < ROUNDING * held:
                quantity = held
        if self.is_warming_up:  # the algorithm may count on what it would have bought
            return 0.0
        if not 0 < quantity <= held:
            raise ValueError(
                f"cannot sell {asked} of {sid}: {held} are held, and this portfolio is long"
                " only: it sells no more than it holds"
            )
        if not self._broker.is_lot(quantity):
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

    def order_target_value(self, data: Mapping[str, Any], target: float) -> None:
        """Place the order that brings a position to a value.

        :param target: cash, at least 0; cut like any buy, and to whole units where they are whole.
        :raises ValueError: if it is not a finite number.
        """
        target = real(target, "the target value")
        sid, quote, broker = data["sid"], self._quote(data), self._broker
        value = self.value(sid)
        excess = value - target
        if excess < 0:
            # what is held is as near to the target as units and the smallest buy let it be
            if not value or broker.worth(quote, -excess) >= self.minimum_amount:
                self.buy(data, -excess)
        elif target <= 0:
            self.sell(data)
        else:
            held = broker.unsold(sid, self.quantity(sid))
            quantity = min(held, broker.units(quote, excess))
            if quantity and quantity * quote >= self.minimum_amount:
                self.sell(data, quantity)

    # What it may read, beside the account.

    @property
    def buying_power(self) -> float:
        """Cash that no order placed has committed yet."""
        if not self._broker.pending:
            return self.cash
        return max(0.0, self.cash - self._broker.committed)

    @property
    def pending(self) -> tuple[Order, ...]:
        """Orders that wait for the next quote of their instrument, in the order placed."""
        return self._broker.pending

    @property
    def instruments(self) -> int:
        """How many have been quoted so far."""
        return len(self.prices)

    @property
    def halt(self) -> str | None:
        """Why a limit has stopped all buying, if one has."""
        return self._limits.halt

    def value(self, sid: str) -> float:
        """Return what is held of an instrument, once all orders placed have filled, in cash."""
        held = self._broker.unsold(sid, self.quantity(sid))
        return held * self.prices.get(sid, 0.0) + self._broker.bought(sid)

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
        }

    # What the engine calls, around each quote.

    def begin(self, algo: str, data: Mapping[str, Any]) -> None:
        """Take a quote in: value its instrument, and fill the orders that waited for it.

        What was placed and filled at the quote before is forgotten. Its price is a float.

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
            self._begin_watched(data)
        else:
            prices[sid] = data["quote"]

    def _begin_watched(self, data: Mapping[str, Any]) -> None:
        sid, broker, limits = data["sid"], self._broker, self._limits
        self._note()
        self._doubt = limits.distrust(data, self.price_before)
        equity = self.equity
        if self._doubt is None:
            self.prices[sid] = data["quote"]
        limits.watch(Seen(data, self.price_before, equity, self.equity))
        if halt := limits.halt:
            for order in broker.cancel_buys():
                self._reject(Rejection(order.sid, "buy", "cancelled", halt))
        if broker.pending and self._doubt is None:
            for order in broker.take_due(sid):
                self._execute(order, data, self._key(data))

    def _note(self) -> None:
        sizing = self.sizing
        generator = sizing.save() if isinstance(sizing, SeededFraction) else None
        self._before = self._broker.pending, self._limits.states, self._said_spent, generator

    def undo(self) -> None:
        """Take back the quote begun last, its orders and its fills, as if it had not come."""
        while self._changes:
            self.restore(self._changes.pop())
        for sid, last in {**self._valued, self._sid: self.price_before}.items():
            if last is None:
                self.prices.pop(sid, None)
            else:
                self.prices[sid] = last
        if self._before:
            self._broker.pending, self._limits.states, self._said_spent, generator = self._before
            if isinstance(self.sizing, SeededFraction):
                self.sizing.load(generator)
        self._forget()

    def _forget(self) -> None:
        self._sid, self.price_before, self._doubt, self._before = "", None, None, None
        self.orders, self.fills, self.rejections = [], [], []
        self._changes, self._valued = [], {}

    def save(self) -> dict[str, Any]:
        """Return what a later `load` needs, as plain data."""
        return {
            "cash": self.cash,
            "realised": self.realised,
            "fees": self.fees,
            "positions": {sid: list(held) for sid, held in self.positions.items()},
            "prices": dict(self.prices),
            "pending": [list(order) for order in self._broker.pending],
            "limits": self._limits.states,
            "sizing": self.sizing.save() if isinstance(self.sizing, SeededFraction) else None,
            "said_spent": self._said_spent,
            "minimum_amount": self.minimum_amount,
        }

    def load(self, data: Mapping[str, Any]) -> None:
        """Take on the state that `save` returned."""
        self.cash, self.realised, self.fees = data["cash"], data["realised"], data["fees"]
        self.positions = {sid: Position(*held) for sid, held in data["positions"].items()}
        self.prices = dict(data["prices"])
        self._broker.pending = tuple(Order(*fields) for fields in data["pending"])
        self._limits.states = data["limits"]
        if isinstance(self.sizing, SeededFraction):
            self.sizing.load(data["sizing"])
        self._said_spent = data["said_spent"]
        self.minimum_amount = data.get("minimum_amount", _FORMER_MINIMUM)
        self._forget()

    def reset(self) -> str | None:
        """Let buying go on after a limit has stopped it; measure losses from the present equity.

        :return: why it had stopped; None if it had not.
        """
        halt = self._limits.halt
        self._limits.reset(self.equity)
        return halt

    # Orders and their fills.

    def _reject(self, rejection: Rejection | None) -> None:
        if rejection is not None:
            self.rejections.append(rejection)

    def _quote(self, data: Mapping[str, Any]) -> float:
        """Return the price that an order is placed at."""
        if self._before is None:
            self._note()
        sid, quote = data["sid"], price(data["quote"])
        if sid != self._sid:  # of another instrument than the quote that has come
            self._valued.setdefault(sid, self.prices.get(sid))
            self.prices[sid] = quote
        return quote

    def _doubts(self, data: Mapping[str, Any]) -> str | None:
        """Return why no order may be placed at a quote."""
        sid = data["sid"]
        if sid == self._sid:
            return self._doubt
        return self._limits.distrust(data, self._valued[sid])

    def _unpaid(self, amount: float, quantity: float) -> str | None:
        left = self.cash + self._broker.proceeds(amount, quantity)
        if left >= 0:
            return None
        return f"costs: they are more than the sale brings and the cash, by {cash_text(-left)}"

    def _place(
        self,
        side: Side,
        data: Mapping[str, Any],
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
        if self._broker.waits:
            self._broker.pending = (*self._broker.pending, order)
        else:
            self._execute(order, data, key)

    def _execute(self, order: Order, data: Mapping[str, Any], key: str) -> None:
        fill_id = f"{key}:{len(self.fills)}"
        fill = self._broker.execute(order, data, fill_id, self.cash, self.minimum_amount)
        if fill is None:
            self._say_unfilled(order)
            self._reject(rejections.of_pending(order, float(data["quote"]), self.cash))
            return
        self.fills.append(fill)
        self._changes.append(self.apply(fill))
        self._said_spent = self._said_spent and fill.side == "buy"

    def _say_unfilled(self, order: Order) -> None:
        log.warning("%s does not fill: the cash no longer pays for it", order.id)

    def _key(self, data: Mapping[str, Any]) -> str:
        return f"{self._algo}:{data.get('channel', '')}:{data.get('id', '')}"

"""The portfolio: what algorithms call to decide how much to invest, and to place orders."""

from __future__ import annotations

import random as random_module
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import Any

from portfolio import settings
from portfolio.accounting.account import Account, Position
from portfolio.accounting.orders import Fill, Order, Rejection
from portfolio.blotter import Blotter
from portfolio.execution.paper import PaperVenue
from portfolio.execution.venue import Venue
from portfolio.order_desk import OrderDesk
from portfolio.quote import Quote
from portfolio.reals import real
from portfolio.risk.halt import Halt
from portfolio.risk.limits import Limit, QuoteObservation
from portfolio.risk.rules import Rules, default_minimum
from portfolio.risk.sizing import RandomFraction, RandomSource, Sizing
from portfolio.transaction import Transaction


def _of(path: str) -> Any:
    """Return a property that reads an attribute of a part; no frame of Python is entered for it."""
    return property(attrgetter(path))


class Portfolio:
    """The account of one algorithm, which sizes, limits and places its orders; long only.

    Only a fill changes cash and positions. With the starting cash as its only argument it bets a
    random fraction of its cash, in fractional units, without costs and limits, and its orders fill
    at the quote that caused them. Amounts, quantities and prices are real numbers of any kind
    (`portfolio.reals.real`), read as the nearest double.

    For each quote the engine calls `begin`, or `begin_derived` if it may have been made of others,
    for any other input `begin_other`; then the algorithm, which places orders, or what a command
    asks for; after an error `undo`. All calls come on one thread. It is composed of an `Account`, a
    `Venue`, the `Rules`, the `Transaction` of the input under way, the `OrderDesk` that places
    orders, and the `Blotter` that books what came of them.

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

    _BLOTTER = Blotter

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
        if minimum_amount is None:
            minimum_amount = default_minimum(cash)
        if sizing is None:
            sizing = RandomFraction(random_module)
        self.account = Account(cash)
        """Cash, positions, prices and profit."""
        self._venue = venue or broker or PaperVenue()
        self._rules = Rules(limits, real(minimum_amount, "minimum_amount"))
        self.transaction = Transaction(self.account, self._venue, self._rules, sizing)
        """The input under way, and what came of it."""
        self._blotter = self._BLOTTER(self.account, self._venue, self._rules, self.transaction)
        self._desk = OrderDesk(
            self.account, self._venue, self._rules, sizing, self.transaction, self._blotter, self
        )

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
        return self.buy(*self._desk.sized(data))

    def buy(self, data: Quote, amount: float) -> float:
        """Place a market order for `amount` of cash, cut to what cash and limits allow.

        :return: the cash committed; 0.0 if that would be less than `minimum_amount`, or less than
            one unit where units are whole (`rejections` has the reason), or if a limit refused the
            order.
        :raises ValueError: if the amount is not a finite number.
        """
        return self._desk.buy(data, amount)

    def sell(self, data: Quote, quantity: float | None = None) -> float:
        """Place a market order to sell `quantity` units, by default the whole position.

        Units are binary fractions: a quantity that differs from the whole position by less than a
        billionth of it counts as the whole position.

        :return: the units that are sold; 0.0 if none are held and none were asked for, or if a
            limit refused the order.
        :raises ValueError: if that is not above 0, more than is held, or, unless it is the whole
            position, a part of a unit where units are whole.
        """
        return self._desk.sell(data, quantity)

    def order_target_value(self, data: Quote, target: float) -> None:
        """Place the order that brings a position to a value.

        :param target: cash, at least 0; cut like any buy, and to whole units where they are whole.
        :raises ValueError: if it is not a finite number.
        """
        self._desk.order_target_value(data, target)

    # What an algorithm may read.

    cash: float = _of("account.cash")
    positions: dict[str, Position] = _of("account.positions")
    """By instrument; what is not held is not in it."""
    prices: dict[str, float] = _of("account.prices")
    """The last trusted quote of each instrument, in cash per unit."""
    realised: float = _of("account.realised")
    """Profit (loss, if below 0) of what was sold, in cash, before fees."""
    unrealised: float = _of("account.unrealised")
    """Profit, or loss, that selling everything at the last quotes would realise, in cash."""
    fees: float = _of("account.fees")
    """Commissions paid so far, in cash."""
    exposure: float = _of("account.exposure")
    """The value of every position at its instrument's last quote, in cash."""
    equity: float = _of("account.equity")
    """Cash plus the value of every position at its instrument's last quote."""
    sizing: Sizing = _of("_desk.sizing")
    minimum_amount: float = _of("_rules.minimum_amount")
    """The smallest buy, in cash."""
    orders: list[Order] = _of("transaction.orders")
    """Placed since the last input came, in the order of placement."""
    fills: list[Fill] = _of("transaction.fills")
    """Filled since the last input came, in the order of execution."""
    rejections: list[Rejection] = _of("transaction.rejections")
    """Rejections since the last input came."""
    price_before: float | None = _of("transaction.price_before")
    """The instrument's price before the quote that came last; None if that was its first."""
    doubt: str | None = _of("transaction.doubt")
    """Why a limit does not trust the quote that came last; None if all do."""
    buying_power: float = _of("_desk.buying_power")
    """Cash that no order placed has committed yet."""
    pending: tuple[Order, ...] = _of("_venue.pending")
    """Orders that wait for the next quote of their instrument, in the order placed."""
    halt: str | None = _of("_rules.stop")
    """Why all buying is stopped: a person's halt, a limit's stop, or both; None if neither."""
    limit_stop: str | None = _of("_rules.limits.halt")
    """Why a limit has stopped all buying; None if none has."""

    @property
    def is_warming_up(self) -> bool:
        """Whether the algorithm receives history: its requests leave no order, no rejection."""
        return self._desk.is_warming_up

    @is_warming_up.setter
    def is_warming_up(self, value: bool) -> None:
        self._desk.is_warming_up = value

    @property
    def halted(self) -> dict[str, Any] | None:
        """The `reason` of a person's halt, `by` whom, and the `id` of the command; None without."""
        return self._rules.halt and self._rules.halt._asdict()

    @property
    def instruments(self) -> int:
        """The number of instruments that had a quote."""
        return len(self.account.prices)

    def quantity(self, sid: str) -> float:
        """Return the units held of an instrument; 0.0 if none are."""
        return self.account.quantity(sid)

    def value(self, sid: str) -> float:
        """Return what is held of an instrument, once all orders placed have filled, in cash."""
        return self._desk.value(sid)

    def snapshot(self) -> dict[str, Any]:
        """Return the state as plain data (contracts/portfolio.schema.json)."""
        return {**self.account.snapshot(), "halt": self.halt, "halted": self.halted}

    # What the engine calls, around each input.

    def begin(self, algo: str, data: Mapping[str, Any]) -> None:
        """Value the quote's instrument, and fill the orders that waited for it.

        The orders and fills of the quote before are forgotten. The quote's price is a float.

        :param algo: the algorithm's name, for the ids of what it places.
        :raises MissingTimeError: if a limit needs the quote's time, and it has none.
        """
        # most quotes change a price and nothing else: no call is made for them
        sid, prices, transaction = data["sid"], self.account.prices, self.transaction
        if transaction.before is not None:
            transaction.forget()
        transaction.algo = algo
        transaction.input = data
        transaction.price_before = prices.get(sid)
        if transaction.is_watched:
            self._watch(data)  # type: ignore[arg-type]  # the engine has checked it
        else:
            prices[sid] = data["quote"]

    def _watch(self, data: Quote) -> None:
        account, transaction, limits = self.account, self.transaction, self._rules.limits
        transaction.note()
        transaction.take_time(data)
        last, equity = transaction.price_before, account.equity
        transaction.doubt = limits.distrust(data, last)
        if transaction.doubt is None:
            account.prices[data["sid"]] = data["quote"]
        limits.watch(QuoteObservation(data, last, equity, account.equity))
        if stop := limits.halt:
            self._blotter.cancel_buys(stop)
        if self._venue.pending and transaction.doubt is None:
            self._blotter.ask(data)

    def keep_times(self) -> None:
        """Keep the times of quotes, which `begin_derived` needs.

        It comes before the first input. Without it they are kept from the first quote on that was
        made of others.
        """
        self.transaction.keep_times()

    def begin_derived(self, algo: str, data: Mapping[str, Any]) -> bool:
        """Take in a quote that may have been made of others, such as a bar: one that has `of`.

        If its price is that of a quote which is not later than the latest one of its instrument,
        the account has had it, and this is `begin_other`. Otherwise it is `begin`.

        :return: whether it is a quote to the account; otherwise it is data.
        """
        transaction = self.transaction
        if transaction.has_had(data):
            self.begin_other(algo, data["channel"], data["id"])
            return False
        transaction.is_watched = True  # for the time to be kept
        self.begin(algo, data)
        return True

    def begin_other(self, algo: str, channel: str, input_id: str) -> None:
        """Take in an input that brings no price: it changes none, and nothing fills at it.

        The orders and fills of the input before are forgotten. Until the next `begin` orders are
        placed at the last price of their instrument, and wait for its next quote.

        :param algo: the algorithm's name, for the ids of what it places.
        """
        transaction = self.transaction
        transaction.forget()
        transaction.algo = algo
        transaction.input = {"channel": channel, "id": input_id}
        transaction.has_price = False
        transaction.note()

    def undo(self) -> None:
        """Restore the state before the last input, without its orders and fills."""
        self.transaction.undo()

    def save(self) -> dict[str, Any]:
        """Return the state that `load` restores, as plain data."""
        return self.transaction.save()

    def load(self, data: Mapping[str, Any]) -> None:
        """Restore the state that `save` returned."""
        self.transaction.load(data)

    def take_over(self, data: Mapping[str, Any]) -> None:
        """Go on with the account and the halt of another portfolio, before the first input.

        Sizing and smallest buy are this one's own, and its limits begin with the equity.

        :param data: what its `save` returned.
        """
        self.transaction.take_over(data)

    # What a person's command asks for; the engine calls it after `begin_other`.

    def halt_buying(self, reason: str, by: str | None, command_id: str) -> bool:
        """Stop all buying until `resume_buying`, and cancel the buys that wait.

        Sales go on. A buy that is asked for from now on is an order with a quantity of 0.

        :param by: the name of the person, if it was given.
        :return: whether this halt is in force now; False if one was before, which stays.
        """
        if self._rules.halt is not None:
            return False
        if self.transaction.before is None:
            self.transaction.note()
        self._rules.halt = Halt(reason, by, command_id)
        self._blotter.cancel_buys(self._rules.halt.text)
        return True

    def resume_buying(self) -> str | None:
        """End a person's halt; a limit's stop stays in force.

        :return: the reason of the halt; None if there was none.
        """
        if self.transaction.before is None:
            self.transaction.note()
        halt, self._rules.halt = self._rules.halt, None
        return halt.reason if halt else None

    def reset(self) -> str | None:
        """End a limit's stop, and measure losses from the present equity; a halt stays in force.

        :return: the reason of the stop; None if there was none.
        """
        stop = self._rules.limits.halt
        self._rules.limits.reset(self.account.equity)
        return stop

    def flatten(self) -> None:
        """Place a sale of what is held of each instrument and no pending sale sells yet.

        Each waits for the next trusted quote of its instrument, wherever other orders fill. If the
        costs are more than the sale brings then and the cash, it does not fill: that is among the
        `rejections`, and the position is still held.
        """
        if self.transaction.before is None:
            self.transaction.note()
        self._desk.flatten()

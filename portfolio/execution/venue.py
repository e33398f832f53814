"""The protocol of a venue: what executes orders, on paper or elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from portfolio.accounting.orders import Order, Side
from portfolio.execution.terms import Terms
from portfolio.quote import Quote


class Execution(NamedTuple):
    """What came of an order; with a quantity of 0 it is over, and nothing of it was executed."""

    order: Order
    """As it was submitted."""
    quantity: float
    """Units of the instrument."""
    price: float
    """Cash per unit, as paid; of an order that was not executed, the price that was tried."""
    amount: float
    """The cash given or received, without the fee."""
    fee: float
    """The cash charged on top."""


class Funds(Protocol):
    """What an account can pay and deliver; each execution that is applied changes it."""

    @property
    def cash(self) -> float:
        """The cash that pays for a buy."""
        ...

    @property
    def minimum_amount(self) -> float:
        """The smallest buy, in cash: less is not worth an execution."""
        ...

    def deliverable(self, sale: Order) -> Order | None:
        """Return a sale of what of it is held; None if that is nothing."""
        ...


class Venue(Protocol):
    """Executes orders, and keeps those that wait.

    The portfolio calls it, on the thread of the engine, in this order: for a quote that it trusts,
    while something is pending, `on_quote` once, before the algorithm sees that quote; then for each
    order `price`, and `doubt` where it has none, and `submit` if its quantity is above 0; `cancel`
    whenever buying is stopped. It applies each execution to the account
    before it asks for the next one, so that `funds` are those after it.

    A venue on paper answers at once. Another one answers None and nothing, and reports its
    executions later. It uses neither a network nor a clock by itself: what it decides depends on
    these calls alone, so that live and backtest agree.
    """

    terms: Terms
    """What an order may be, and what it will cost."""

    @property
    def waits(self) -> bool:
        """Whether every order is pending at least until the next quote of its instrument."""
        ...

    @property
    def pending(self) -> tuple[Order, ...]:
        """Orders that were submitted and are not over, in the order submitted."""
        ...

    state: Any
    """All that it keeps: an immutable value, which can be set again to go back to it."""

    def price(self, quote: Quote, side: Side) -> float | None:
        """Return the price in cash per unit, without slippage, at which an order is sized.

        :param quote: of its instrument, at which it is placed.
        :return: None if `doubt` has a reason.
        """
        ...

    def doubt(self, quote: Quote) -> str | None:
        """Return why no order executes at a quote, though the limits trust it; None if one does."""
        ...

    def submit(self, order: Order, quote: Quote | None, funds: Funds) -> Execution | None:
        """Take an order.

        :param quote: at which it was placed, of its instrument; None if it has to wait for the next
            one.
        :return: what came of it, only if there is a quote; None if it is pending.
        """
        ...

    def cancel(self, orders: Iterable[Order]) -> None:
        """Remove pending orders, which will not be executed."""
        ...

    def on_quote(self, quote: Quote, funds: Funds) -> Iterable[Execution]:
        """Yield what came of pending orders at a quote, in the order submitted.

        They are over when this is called, also where the caller stops asking.
        """
        ...

    def save(self) -> dict[str, Any]:
        """Return the state as plain data."""
        ...

    def load(self, data: Mapping[str, Any]) -> None:
        """Restore the state that `save` returned."""
        ...

"""What observers of a run are handed after each quote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from portfolio.accounting.orders import Fill, Order, Rejection

if TYPE_CHECKING:
    from portfolio.portfolio import Portfolio


class Observation:
    """A quote that was decided on, and what came of it.

    There is one for all quotes of a run, because making one for each would take longer than some
    algorithms do: an observer keeps what it needs of it, and not the observation.

    :param portfolio: before its first quote.
    """

    __slots__ = (
        *(
            "_account",
            "_transaction",
            "at",
            "equity",
            "fills",
            "is_first",
            "is_invested",
            "is_trusted",
        ),
        *("orders", "quote", "rejections"),
    )

    quote: Mapping[str, Any]
    at: int | None
    """Its instant, in nanoseconds since 1970; None if it has no time."""
    is_trusted: bool
    """Whether the quote has a price for its instrument; False if a limit does not trust it."""
    is_first: bool
    """Whether that is the first price of the instrument."""
    is_invested: bool
    """Whether something is held after it."""
    equity: float
    """After it, in cash."""
    orders: Sequence[Order]
    """In the order placed."""
    fills: Sequence[Fill]
    """In the order filled."""
    rejections: Sequence[Rejection]

    def __init__(self, portfolio: Portfolio):
        # its parts: to read them through the portfolio would take longer
        self._account = portfolio.account
        self._transaction = portfolio.transaction

    def take(self, quote: Mapping[str, Any], at: int | None) -> None:
        """Record a quote, while the portfolio has its orders and fills."""
        account, transaction = self._account, self._transaction
        self.quote = quote
        self.at = at
        self.is_trusted = transaction.doubt is None
        self.is_first = transaction.price_before is None and self.is_trusted
        if account.positions:
            self.is_invested = True
            self.equity = account.equity
        else:
            self.is_invested = False
            self.equity = account.cash
        self.orders = transaction.orders
        self.fills = transaction.fills
        self.rejections = transaction.rejections

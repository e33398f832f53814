"""What observers of a run are handed after each quote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portfolio.portfolio import Portfolio


class Observation:
    """A quote that was decided on, and the portfolio after it, with its orders and fills.

    There is one for all quotes of a run, because to make one for each would take longer than some
    algorithms do. An observer keeps what it needs of it, and not the observation.

    :param portfolio: before its first quote.
    """

    __slots__ = ("account", "at", "portfolio", "quote", "transaction")

    quote: Mapping[str, Any]
    at: int | None
    """Its instant, in nanoseconds since 1970; None if it has no time."""

    def __init__(self, portfolio: Portfolio):
        self.portfolio = portfolio
        # its parts: to read them through the portfolio takes longer
        self.account = portfolio.account
        self.transaction = portfolio.transaction

    def take(self, quote: Mapping[str, Any], at: int | None) -> None:
        """Record a quote that the portfolio has taken in last."""
        self.quote = quote
        self.at = at

    @property
    def is_trusted(self) -> bool:
        """Whether the quote is the price of its instrument.

        False if a limit does not trust it, or the account has had its price.
        """
        return self.transaction.doubt is None and self.transaction.has_price

    @property
    def is_first(self) -> bool:
        """Whether it is the first price of its instrument."""
        return self.transaction.price_before is None and self.is_trusted

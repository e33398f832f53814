"""Which questions a portfolio asks its venue, and in which order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from portfolio import AllIn, Order, PaperVenue, Portfolio, PriceBand, Side
from portfolio.execution.venue import Execution, Funds, Venue
from portfolio.quote import Quote
from tests.portfolio.quotes import begin


class WatchedVenue(PaperVenue):
    """A paper venue that records what it is asked."""

    def __init__(self, **options: Any):
        super().__init__(**options)
        self.asked: list[str] = []

    def submit(self, order: Order, quote: Quote | None, funds: Funds) -> Execution | None:
        self.asked.append(f"submit {order.side} {'waits' if quote is None else 'here'}")
        return super().submit(order, quote, funds)

    def cancel(self, orders: Iterable[Order]) -> None:
        orders = list(orders)
        self.asked.append(f"cancel {len(orders)}")
        super().cancel(orders)

    def on_quote(self, quote: Quote, funds: Funds) -> Iterable[Execution]:
        self.asked.append(f"on_quote {quote['quote']:g}")
        return super().on_quote(quote, funds)


def asked(venue: WatchedVenue) -> list[str]:
    venue.asked, questions = [], venue.asked
    return questions


def test_a_venue_is_asked_once_for_each_trusted_quote_while_orders_are_pending() -> None:
    venue = WatchedVenue(fill="next")
    portfolio = Portfolio(1000, AllIn(), venue, [PriceBand(0.5)])
    portfolio.buy(begin(portfolio, 100.0), 300)
    portfolio.buy(begin(portfolio, 100.0, sid="IBM"), 300)
    assert asked(venue) == ["submit buy here", "on_quote 100", "submit buy here"]
    begin(portfolio, 900.0)  # not trusted, and so is the next one
    begin(portfolio, 110.0)
    assert asked(venue) == []
    begin(portfolio, 111.0)
    begin(portfolio, 120.0, sid="IBM")
    assert [fill.price for fill in portfolio.fills] == [120.0]
    begin(portfolio, 120.0)
    assert asked(venue) == ["on_quote 111", "on_quote 120"]


def test_a_venue_gets_orders_without_a_quote_where_none_has_come_and_a_halt_cancels_them() -> None:
    venue = WatchedVenue()
    portfolio = Portfolio(1000, AllIn(), venue)
    portfolio.buy(begin(portfolio, 100.0), 300)
    portfolio.begin_other("algo", "data/x", "1")
    portfolio.buy({"sid": "GOOG"}, 300)  # type: ignore[typeddict-item]  # as at data
    portfolio.sell({"sid": "GOOG"})  # type: ignore[typeddict-item]
    portfolio.halt_buying("news", None, "h1")
    assert asked(venue) == ["submit buy here", "submit buy waits", "submit sell waits", "cancel 1"]
    assert [order.side for order in portfolio.pending] == ["sell"]


def test_each_execution_is_applied_before_the_next_one_is_asked_for() -> None:
    portfolio = Portfolio(1000, AllIn(), PaperVenue(fill="next"))
    data = begin(portfolio, 100.0)
    portfolio.buy(data, 600)
    portfolio.buy(data, 400)
    begin(portfolio, 150.0)  # the first takes 900; the second is cut to what that leaves
    assert [fill.amount for fill in portfolio.fills] == [900.0, 100.0]
    assert portfolio.cash == 0.0


class Elsewhere:
    """A venue that executes nothing by itself."""

    def __init__(self) -> None:
        self.terms = PaperVenue().terms
        self.waits = True
        self.state: Any = ()

    @property
    def pending(self) -> tuple[Order, ...]:
        return self.state

    def price(self, quote: Quote, side: Side) -> float | None:
        return quote["quote"]

    def doubt(self, quote: Quote) -> str | None:
        return None

    def submit(self, order: Order, quote: Quote | None, funds: Funds) -> Execution | None:
        self.state = (*self.state, order)
        return None

    def cancel(self, orders: Iterable[Order]) -> None:
        self.state = tuple(order for order in self.state if order not in list(orders))

    def on_quote(self, quote: Quote, funds: Funds) -> Iterable[Execution]:
        return ()

    def save(self) -> dict[str, Any]:
        return {"pending": [list(order) for order in self.state]}

    def load(self, data: Any) -> None:
        self.state = tuple(Order(*fields) for fields in data["pending"])


def test_the_orders_of_a_venue_elsewhere_commit_cash_until_they_are_over() -> None:
    venue: Venue = Elsewhere()
    portfolio = Portfolio(1000, AllIn(), venue)
    portfolio.buy(begin(portfolio, 100.0), 300)
    data = begin(portfolio, 100.0)
    assert (portfolio.cash, portfolio.buying_power, portfolio.value("GOOG")) == (1000, 700, 300)
    portfolio.buy(data, 900)
    assert portfolio.orders[0].amount == 700
    portfolio.undo()
    assert portfolio.buying_power == 700

"""Quotes, and a sizing of a known fraction, for hand-worked expectations."""

from typing import Any

from portfolio import Book, Portfolio
from portfolio.analysis.observation import Observation
from portfolio.analysis.performance import Performance


class Fraction:
    """Bets a known fraction of the cash that is left."""

    def __init__(self, fraction: float):
        self.fraction = fraction

    def amount(self, book: Book, quote: Any) -> float:
        return book.buying_power * self.fraction


def quote(price: float = 100.0, sid: str = "GOOG", **fields: Any) -> dict[str, Any]:
    """Return a quote as the engine hands it on."""
    return {"sid": sid, "quote": price, "id": "7", "channel": "quotes", **fields}


def begin(
    portfolio: Portfolio, price: float = 100.0, sid: str = "GOOG", **fields: Any
) -> dict[str, Any]:
    """Have a portfolio take in a quote, as the engine does, and return it."""
    data = quote(price, sid, **fields)
    portfolio.begin("algo", data)
    return data


def told(portfolio: Portfolio) -> list[str]:
    """Return what the orders since the last quote say: `buy 3 of 500: max_order: ...`."""
    return [
        f"{order.side} {order.quantity:g}"
        + (f" of {order.asked:g}: {order.reason}" if order.reason else "")
        for order in portfolio.orders
    ]


def hold(portfolio: Portfolio, quantity: float, cost: float, price: float) -> None:
    """Give a portfolio a position in GOOG that it never bought, and the last price of it."""
    state = portfolio.save()
    positions = {"GOOG": [quantity, cost]}
    portfolio.load({**state, "positions": positions, "prices": {"GOOG": price}})


def see(
    performance: Performance, portfolio: Portfolio, data: dict[str, Any], at: int | None = None
) -> None:
    """Have a performance see what came of a quote."""
    seen = Observation(portfolio)
    seen.take(data, at)
    performance.see(seen)

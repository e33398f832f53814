"""What pending orders commit: cash, and units of instruments."""

from __future__ import annotations

import math
from collections.abc import Iterable

from portfolio.accounting.orders import Order
from portfolio.execution.terms import Terms


def buys(order: Order) -> bool:
    """Tell whether it is a buy."""
    return order.side == "buy"


def committed(pending: Iterable[Order], terms: Terms) -> float:
    """Return the cash that pending buys commit, with their costs."""
    return math.fsum([terms.bill(each.amount, each.quantity) for each in pending if buys(each)])


def bought(pending: Iterable[Order], sid: str) -> float:
    """Return the amount of an instrument that pending buys commit, in cash."""
    return sum(each.amount for each in pending if each.sid == sid and buys(each))


def unsold(pending: Iterable[Order], sid: str, held: float) -> float:
    """Return what pending sales leave of the units held."""
    for order in pending:
        if order.sid == sid and not buys(order):
            held -= order.quantity  # one by one, as the account will: the same rounding
    return held

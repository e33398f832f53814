"""Cash, positions, orders, fills and sizing: how much to invest, and what became of it.

Knows no network, no disk and no clock.
"""

from portfolio.orders import Fill, Order, Side
from portfolio.portfolio import MINIMUM_AMOUNT, Portfolio
from portfolio.sizing import RandomFraction, Sizing

__all__ = [
    "MINIMUM_AMOUNT",
    "Fill",
    "Order",
    "Portfolio",
    "RandomFraction",
    "Side",
    "Sizing",
]

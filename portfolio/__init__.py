"""Cash, positions, orders, fills and sizing: how much to invest, and what became of it.

Knows no network, no disk and no clock.
"""

from portfolio.orders import Fill, Order, Side
from portfolio.portfolio import MAXIMUM_QUANTITY, MINIMUM_AMOUNT, Portfolio
from portfolio.sizing import RandomFraction, Sizing

__all__ = [
    "MAXIMUM_QUANTITY",
    "MINIMUM_AMOUNT",
    "Fill",
    "Order",
    "Portfolio",
    "RandomFraction",
    "Side",
    "Sizing",
]

"""Cash, positions, orders, fills, sizing and limits: how much to invest, and what became of it.

Knows no network, no disk and no clock.
"""

from portfolio.accounting.account import Account, Position, fold
from portfolio.accounting.orders import Fill, Order, Rejection, Side
from portfolio.errors import InvalidTimeError, MissingTimeError, ParameterError, PortfolioError
from portfolio.execution.costs import Costs
from portfolio.execution.paper import PaperBroker
from portfolio.order_account import OrderAccount
from portfolio.parameters import Parameter
from portfolio.portfolio import MAXIMUM_QUANTITY, Portfolio
from portfolio.risk.limits import (
    Cut,
    LargestDailyLoss,
    LargestDrawdown,
    LargestOrder,
    LargestPosition,
    Limit,
    PriceBand,
    StaleAfter,
)
from portfolio.risk.sizing import (
    AllIn,
    Book,
    EqualWeight,
    FixedCash,
    FixedFraction,
    RandomFraction,
    SeededFraction,
    Sizing,
)
from portfolio.settings import PARAMETERS, STARTING_CASH, UNSIZED, sized

__tickwire_internal__ = True  # see algo_service/engine/failure.py

__all__ = [
    "MAXIMUM_QUANTITY",
    "PARAMETERS",
    "STARTING_CASH",
    "UNSIZED",
    "Account",
    "AllIn",
    "Book",
    "Costs",
    "Cut",
    "EqualWeight",
    "Fill",
    "FixedCash",
    "FixedFraction",
    "InvalidTimeError",
    "LargestDailyLoss",
    "LargestDrawdown",
    "LargestOrder",
    "LargestPosition",
    "Limit",
    "MissingTimeError",
    "Order",
    "OrderAccount",
    "PaperBroker",
    "Parameter",
    "ParameterError",
    "Portfolio",
    "PortfolioError",
    "Position",
    "PriceBand",
    "RandomFraction",
    "Rejection",
    "SeededFraction",
    "Side",
    "Sizing",
    "StaleAfter",
    "fold",
    "sized",
]

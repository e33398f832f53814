"""Cash, positions, orders, fills, sizing and limits: how much to invest, and the result of it.

This package uses no network, no disk and no clock, and imports nothing of the project.
"""

from portfolio.accounting.account import Account, Position, fold
from portfolio.accounting.orders import Fill, Order, Rejection, Side
from portfolio.errors import InvalidTimeError, MissingTimeError, ParameterError, PortfolioError
from portfolio.execution.costs import Costs
from portfolio.execution.paper import PaperVenue
from portfolio.order_account import OrderAccount
from portfolio.order_desk import MAX_QUANTITY
from portfolio.parameters import Parameter
from portfolio.portfolio import Portfolio
from portfolio.quote import Quote
from portfolio.risk.book import Book
from portfolio.risk.limits import (
    Limit,
    MaxDailyLoss,
    MaxDrawdown,
    MaxOrder,
    MaxPosition,
    OrderCut,
    PriceBand,
    QuoteObservation,
    StaleAfter,
)
from portfolio.risk.sizing import (
    AllIn,
    EqualWeight,
    FixedCash,
    FixedFraction,
    RandomFraction,
    SeededFraction,
    Sizing,
)
from portfolio.settings import PARAMETERS, STARTING_CASH, UNSIZED, sized

__tickwire_internal__ = True  # see algo_service/engine/failure.py
# Former names, for this version only.
Cut = OrderCut
LargestDailyLoss = MaxDailyLoss
LargestDrawdown = MaxDrawdown
LargestOrder = MaxOrder
LargestPosition = MaxPosition
MAXIMUM_QUANTITY = MAX_QUANTITY
PaperBroker = PaperVenue

__all__ = [
    "MAXIMUM_QUANTITY",
    "MAX_QUANTITY",
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
    "MaxDailyLoss",
    "MaxDrawdown",
    "MaxOrder",
    "MaxPosition",
    "MissingTimeError",
    "Order",
    "OrderAccount",
    "OrderCut",
    "PaperBroker",
    "PaperVenue",
    "Parameter",
    "ParameterError",
    "Portfolio",
    "PortfolioError",
    "Position",
    "PriceBand",
    "Quote",
    "QuoteObservation",
    "RandomFraction",
    "Rejection",
    "SeededFraction",
    "Side",
    "Sizing",
    "StaleAfter",
    "fold",
    "sized",
]

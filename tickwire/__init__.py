"""What an author of algorithms needs: `from tickwire import Portfolio, backtest`."""

TYPE_CHECKING = False  # as a type checker reads it; typing itself takes long to import

if TYPE_CHECKING:
    from algo_service.algorithm import Algorithm as Algorithm
    from algo_service.backtest import Result as Result
    from algo_service.backtest import Sweep as Sweep
    from algo_service.backtest import backtest as backtest
    from algo_service.backtest import sweep as sweep
    from algo_service.errors import AlgoServiceError as AlgoServiceError
    from algo_service.testing import PlayResult as PlayResult
    from algo_service.testing import play as play
    from indicators import Atr as Atr
    from indicators import Bollinger as Bollinger
    from indicators import BollingerValue as BollingerValue
    from indicators import Crossing as Crossing
    from indicators import Donchian as Donchian
    from indicators import DonchianValue as DonchianValue
    from indicators import Ema as Ema
    from indicators import Indicator as Indicator
    from indicators import IndicatorError as IndicatorError
    from indicators import Macd as Macd
    from indicators import MacdValue as MacdValue
    from indicators import Momentum as Momentum
    from indicators import QuoteFieldError as QuoteFieldError
    from indicators import Roc as Roc
    from indicators import Rocr as Rocr
    from indicators import Rsi as Rsi
    from indicators import SettingError as SettingError
    from indicators import Sma as Sma
    from indicators import StandardDeviation as StandardDeviation
    from indicators import Stochastic as Stochastic
    from indicators import StochasticValue as StochasticValue
    from indicators import Vwap as Vwap
    from indicators import Wma as Wma
    from indicators import ZScore as ZScore
    from market_data.errors import FeedError as FeedError
    from market_data.feeds.feed import Feed as Feed
    from market_data.feeds.feed import open_feed as open_feed
    from portfolio import MAX_QUANTITY as MAX_QUANTITY
    from portfolio import PARAMETERS as PARAMETERS
    from portfolio import STARTING_CASH as STARTING_CASH
    from portfolio import UNSIZED as UNSIZED
    from portfolio import Account as Account
    from portfolio import AllIn as AllIn
    from portfolio import Book as Book
    from portfolio import Costs as Costs
    from portfolio import EqualWeight as EqualWeight
    from portfolio import Fill as Fill
    from portfolio import FixedCash as FixedCash
    from portfolio import FixedFraction as FixedFraction
    from portfolio import InvalidTimeError as InvalidTimeError
    from portfolio import Limit as Limit
    from portfolio import MaxDailyLoss as MaxDailyLoss
    from portfolio import MaxDrawdown as MaxDrawdown
    from portfolio import MaxOrder as MaxOrder
    from portfolio import MaxPosition as MaxPosition
    from portfolio import MissingTimeError as MissingTimeError
    from portfolio import Order as Order
    from portfolio import OrderAccount as OrderAccount
    from portfolio import OrderCut as OrderCut
    from portfolio import PaperVenue as PaperVenue
    from portfolio import Parameter as Parameter
    from portfolio import ParameterError as ParameterError
    from portfolio import Portfolio as Portfolio
    from portfolio import PortfolioError as PortfolioError
    from portfolio import Position as Position
    from portfolio import PriceBand as PriceBand
    from portfolio import Quote as Quote
    from portfolio import QuoteObservation as QuoteObservation
    from portfolio import RandomFraction as RandomFraction
    from portfolio import Rejection as Rejection
    from portfolio import SeededFraction as SeededFraction
    from portfolio import Side as Side
    from portfolio import Sizing as Sizing
    from portfolio import StaleAfter as StaleAfter
    from portfolio import fold as fold
    from portfolio import sized as sized
else:
    # imported on first use (PEP 562), so that an import takes no longer than it has to
    _NAMES = {
        "algo_service.algorithm": ("Algorithm",),
        "algo_service.backtest": (
            "Result",
            "Sweep",
            "backtest",
            "sweep",
        ),
        "algo_service.errors": ("AlgoServiceError",),
        "algo_service.testing": (
            "PlayResult",
            "play",
        ),
        "indicators": (
            "Atr",
            "Bollinger",
            "BollingerValue",
            "Crossing",
            "Donchian",
            "DonchianValue",
            "Ema",
            "Indicator",
            "IndicatorError",
            "Macd",
            "MacdValue",
            "Momentum",
            "QuoteFieldError",
            "Roc",
            "Rocr",
            "Rsi",
            "SettingError",
            "Sma",
            "StandardDeviation",
            "Stochastic",
            "StochasticValue",
            "Vwap",
            "Wma",
            "ZScore",
        ),
        "market_data.errors": ("FeedError",),
        "market_data.feeds.feed": (
            "Feed",
            "open_feed",
        ),
        "portfolio": (
            "Account",
            "AllIn",
            "Book",
            "Costs",
            "EqualWeight",
            "Fill",
            "FixedCash",
            "FixedFraction",
            "InvalidTimeError",
            "Limit",
            "MAX_QUANTITY",
            "MaxDailyLoss",
            "MaxDrawdown",
            "MaxOrder",
            "MaxPosition",
            "MissingTimeError",
            "Order",
            "OrderAccount",
            "OrderCut",
            "PARAMETERS",
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
            "STARTING_CASH",
            "SeededFraction",
            "Side",
            "Sizing",
            "StaleAfter",
            "UNSIZED",
            "fold",
            "sized",
        ),
    }
    _MODULES = {name: module for module, names in _NAMES.items() for name in names}
    __all__ = sorted(_MODULES)

    def __getattr__(name):
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        # not before: the commands begin in this package, too
        from importlib import import_module

        from tickwire.checks import objection

        reason = objection()
        if reason:
            raise ImportError(reason)
        value = globals()[name] = getattr(import_module(_MODULES[name]), name)
        return value

    def __dir__():
        return sorted({*globals(), *__all__})

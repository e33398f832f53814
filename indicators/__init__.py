"""Streaming indicators, each with one state per instrument that can be saved.

It imports nothing of the project: an algorithm holds them, and `market-data indicators` publishes
what they give.
"""

from indicators.atr import Atr
from indicators.channel import Donchian, DonchianValue, Stochastic, StochasticValue
from indicators.crossing import Crossing
from indicators.deviation import Bollinger, BollingerValue, StandardDeviation, ZScore
from indicators.ema import Ema
from indicators.errors import IndicatorError, QuoteFieldError, SettingError
from indicators.indicator import Indicator
from indicators.macd import Macd, MacdValue
from indicators.roc import Momentum, Roc, Rocr
from indicators.rsi import Rsi
from indicators.sma import Sma
from indicators.spec import KINDS, parse
from indicators.vwap import Vwap
from indicators.wma import Wma

__tickwire_internal__ = True  # see algo_service/engine/failure.py

__all__ = [
    "KINDS",
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
    "parse",
]

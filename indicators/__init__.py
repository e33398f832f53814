"""Streaming indicators, each with one state per instrument that can be saved.

It imports nothing of the project: an algorithm holds them, and `market-data indicators` publishes
what they give.
"""

from indicators.ema import Ema
from indicators.errors import IndicatorError, QuoteFieldError, SettingError
from indicators.indicator import Indicator
from indicators.sma import Sma
from indicators.spec import KINDS, parse

__tickwire_internal__ = True  # see algo_service/engine/failure.py

__all__ = [
    "KINDS",
    "Ema",
    "Indicator",
    "IndicatorError",
    "QuoteFieldError",
    "SettingError",
    "Sma",
    "parse",
]

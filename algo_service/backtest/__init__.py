"""Backtests: an algorithm over history, by the code that drives it live."""

from algo_service.backtest.result import Result
from algo_service.backtest.run import backtest
from algo_service.backtest.sweep import Sweep, sweep

__all__ = ["Result", "Sweep", "backtest", "sweep"]

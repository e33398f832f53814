"""The built-in algorithms, by the names that `--algo` takes. None of them promises profit."""

from typing import Any

from algo_service.algorithms.buy_and_hold import BuyAndHold
from algo_service.algorithms.mean_reversion import MeanReversion
from algo_service.algorithms.momentum import Momentum
from algo_service.algorithms.published_cross import PublishedCross
from algo_service.algorithms.random_algo import RandomAlgo
from algo_service.algorithms.rebalance import Rebalance
from algo_service.algorithms.sma_cross import SmaCross

__tickwire_internal__ = False  # read as an author's own: see algo_service/engine/failure.py

BUILT_IN: dict[str, type[Any]] = {
    "random": RandomAlgo,
    "buy_and_hold": BuyAndHold,
    "sma_cross": SmaCross,
    "mean_reversion": MeanReversion,
    "momentum": Momentum,
    "rebalance": Rebalance,
    "published_cross": PublishedCross,
}

__all__ = [
    "BUILT_IN",
    "BuyAndHold",
    "MeanReversion",
    "Momentum",
    "PublishedCross",
    "RandomAlgo",
    "Rebalance",
    "SmaCross",
]

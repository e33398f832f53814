"""The built-in algorithms, by the names that `--algo` takes. None of them promises profit."""

from algo_service.algorithms.random_algo import RandomAlgo

BUILT_IN = {"random": RandomAlgo}

__all__ = ["BUILT_IN", "RandomAlgo"]

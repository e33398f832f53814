"""Algorithms, the engine that drives one, and its ZeroRPC host."""

from algo_service.algorithm import Algorithm
from algo_service.algorithms import RandomAlgo
from algo_service.engine import Engine

__all__ = ["Algorithm", "Engine", "RandomAlgo"]

"""Algorithms, the engine that drives one, and its ZeroRPC host."""

from algo_service.algorithm import Algorithm
from algo_service.algorithms import RandomAlgo
from algo_service.engine import Engine
from algo_service.parameters import Parameter

__all__ = ["Algorithm", "Engine", "Parameter", "RandomAlgo"]

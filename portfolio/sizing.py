"""Sizing policies: how much of the cash to bet on a buy signal."""

from collections.abc import Mapping
from typing import Any, Protocol


class Sizing(Protocol):
    """What a portfolio asks of its sizing policy."""

    def amount(self, cash: float, quote: Mapping[str, Any]) -> float:
        """Return the cash to bet on a buy signal for `quote`, from 0 to `cash`."""
        ...


class RandomSource(Protocol):
    """A `random.Random`, the module `random`, or anything else that draws from [0, 1)."""

    def random(self) -> float:
        """Return the next number, 0 included and 1 not."""
        ...


class RandomFraction:
    """Bet a random fraction, uniform in [0, 1), of the cash that is left: a first example."""

    def __init__(self, random: RandomSource):
        self._random = random

    def amount(self, cash: float, quote: Mapping[str, Any]) -> float:  # noqa: ARG002, the quote does not matter here
        """Return a random fraction of `cash`."""
        return self._random.random() * cash

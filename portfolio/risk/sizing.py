"""Sizing policies: how much of the cash to bet on a buy signal."""

from __future__ import annotations

import random as random_module
from typing import Any, Protocol

from portfolio.quote import Quote
from portfolio.reals import real
from portfolio.risk.book import Book


class Sizing(Protocol):
    """Decides how much to bet; the portfolio calls it on a buy signal, and cuts the answer."""

    def amount(self, book: Book, quote: Quote) -> float:
        """Return the cash to bet on a buy signal for `quote`; 0 or less for none."""
        ...


class RandomSource(Protocol):
    """A `random.Random`, the module `random`, or anything else that draws from [0, 1)."""

    def random(self) -> float:
        """Return the next number, 0 included and 1 not."""
        ...


class RandomFraction:
    """Bet a random fraction, uniform in [0, 1), of the cash that is left: a first example.

    Source: the article that Tickwire began with.
    """

    def __init__(self, random: RandomSource):
        self._random = random

    def amount(self, book: Book, quote: Quote) -> float:  # noqa: ARG002, the quote does not matter here
        """Return a random fraction of the cash."""
        return self._random.random() * book.buying_power


class SeededFraction(RandomFraction):
    """The same with its own generator, whose state is saved with the portfolio's.

    :param seed: of the generator.
    """

    def __init__(self, seed: int | None):
        self._own = random_module.Random(seed)
        super().__init__(self._own)

    def save(self) -> Any:
        """Return the generator's state."""
        return self._own.getstate()

    def load(self, state: Any) -> None:
        """Restore the state that `save` returned."""
        self._own.setstate(state)


class FixedFraction:
    """Bet a fixed fraction of the equity.

    Source: fixed fractional trading, in R. Vince, Portfolio Management Formulas (1990), ch. 2.

    :param fraction: above 0 and at most 1.
    """

    def __init__(self, fraction: float):
        self.fraction = real(fraction, "the fraction of FixedFraction")

    def amount(self, book: Book, quote: Quote) -> float:  # noqa: ARG002
        """Return that fraction of the equity."""
        return self.fraction * book.equity


class FixedCash:
    """Bet the same amount of cash each time.

    Source: the constant sum of dollar-cost averaging, in B. Graham, The Intelligent Investor
    (1949), ch. 5.

    :param bet: cash, above 0.
    """

    def __init__(self, bet: float):
        self.bet = real(bet, "the bet of FixedCash")

    def amount(self, book: Book, quote: Quote) -> float:  # noqa: ARG002
        """Return that amount."""
        return self.bet


class AllIn:
    """Bet all the cash that is left: one position at a time, as textbook tests of a rule do.

    Source: the double-or-out strategy of W. Brock, J. Lakonishok and B. LeBaron, Simple Technical
    Trading Rules and the Stochastic Properties of Stock Returns, Journal of Finance 47 (1992).
    """

    def amount(self, book: Book, quote: Quote) -> float:  # noqa: ARG002
        """Return the cash."""
        return book.buying_power


class EqualWeight:
    """Bring the position up to an equal share of the equity, 1/N for each of N instruments.

    Source: V. DeMiguel, L. Garlappi and R. Uppal, Optimal Versus Naive Diversification, Review of
    Financial Studies 22 (2009).

    :param instruments: N; None for the number that had a quote so far.
    """

    def __init__(self, instruments: int | None = None):
        self.instruments = instruments

    def amount(self, book: Book, quote: Quote) -> float:
        """Return what the position lacks of its share."""
        share = book.equity / (self.instruments or book.instruments)
        return share - book.value(quote["sid"])

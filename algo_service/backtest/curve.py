"""The course of a backtest, for charts and data frames."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from portfolio import Fill, Order, Portfolio
from portfolio.analysis.observation import Observation

MAX_POINTS = 4000
"""Of a chart's line; twice as many are kept until every other one is dropped."""
MAX_INSTRUMENTS = 12
"""Whose prices are drawn."""
MAX_MARKS = 5000
"""Fills that are drawn."""


class Point(NamedTuple):
    """The portfolio after a quote."""

    ts: str | float | None
    equity: float
    exposure: float
    grown: float
    """The sum of price / first price over the instruments that have a price."""
    instruments: int


class ThinnedSeries:
    """Every n-th of what is added; n doubles when there are too many.

    :param max_points: at most twice as many are kept; None for all.
    """

    def __init__(self, max_points: int | None):
        self._max_points = max_points
        self._every = 1
        self._left = 1
        self.points: list[Any] = []

    def is_due(self) -> bool:
        """Count one; return whether it is to be added."""
        self._left -= 1
        return self._left == 0

    def add(self, point: Any) -> None:
        """Add the one that is due."""
        self.points.append(point)
        if self._max_points and len(self.points) >= 2 * self._max_points:
            self.points = self.points[::2]
            self._every *= 2
        self._left = self._every


class Curve:
    """Watches a portfolio.

    :param portfolio: before its first quote.
    :param thinned: whether as much is kept as a chart needs, or all.
    """

    def __init__(self, portfolio: Portfolio, *, thinned: bool):
        self._account = portfolio.account
        self._max_points = MAX_POINTS if thinned else None
        self.is_thinned = thinned
        self._firsts: dict[str, float] = {}
        self._equity = ThinnedSeries(self._max_points)
        self._last: Mapping[str, Any] | None = None
        self.starting_cash = portfolio.cash
        self.prices: dict[str, ThinnedSeries] = {}
        """Points (ts, price) of trusted quotes by instrument, of the first instruments."""
        self.orders: list[Order] = []
        """Empty where it is thinned."""
        self.fills: list[Fill] = []
        """The first ones where it is thinned."""

    def see(self, seen: Observation) -> None:
        """Record what came of a quote."""
        data, transaction = seen.quote, seen.transaction
        if transaction.price_before is None and seen.is_first:  # the one is faster than the other
            self._firsts[data["sid"]] = data["quote"]
            if not self.is_thinned or len(self.prices) < MAX_INSTRUMENTS:
                self.prices[data["sid"]] = ThinnedSeries(self._max_points)
        if seen.is_trusted:
            prices = self.prices.get(data["sid"])
            if prices is not None and prices.is_due():
                prices.add((data.get("ts"), data["quote"]))
        if self._equity.is_due():
            self._equity.add(self._point(data))
        if transaction.orders and not self.is_thinned:
            self.orders += transaction.orders
        if transaction.fills and not (self.is_thinned and len(self.fills) >= MAX_MARKS):
            self.fills += transaction.fills
        self._last = data

    def _point(self, data: Mapping[str, Any]) -> Point:
        account = self._account
        prices = account.prices
        grown = math.fsum(prices[sid] / first for sid, first in self._firsts.items())
        return Point(data.get("ts"), account.equity, account.exposure, grown, len(self._firsts))

    @property
    def instruments(self) -> int:
        """The number of those that have a price, drawn or not."""
        return len(self._firsts)

    @property
    def points(self) -> list[Point]:
        """The points, with the last one."""
        points = list(self._equity.points)
        if self._last is not None and (last := self._point(self._last)) != points[-1]:
            points.append(last)
        return points

    def buy_and_hold(self) -> list[float]:
        """Return, for each point, what buying every instrument at its first price would be worth.

        The part of an instrument that has no price yet is cash.
        """
        count = len(self._firsts) or 1
        return [
            self.starting_cash * (each.grown + count - each.instruments) / count
            for each in self.points
        ]

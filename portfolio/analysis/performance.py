"""Performance: returns, risk and turnover from equity and fills, in bounded memory.

The ratios come from empyrical-reloaded, which is imported with the first call for them.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from portfolio.analysis.observation import Observation
from portfolio.analysis.trades import Trades
from portfolio.errors import PortfolioError
from portfolio.portfolio import Portfolio
from portfolio.times import DAY, SECOND, span

DAYS_PER_YEAR = 365.25

MIN_DAYS = 14
"""Of data that annual figures need: a year made of less is a guess to the power of 26 and more."""

RATIOS = ("annual_return", "volatility", "sharpe", "sortino", "calmar")


class Drawdown(NamedTuple):
    """A fall of the equity from a peak."""

    depth: float
    """Lowest equity / peak - 1: 0 or below."""
    peak: int | None
    """The instant of the peak, in nanoseconds since 1970; None where quotes have no time."""
    trough: int | None
    recovery: int | None
    """When the peak was reached again; None if it was not."""


class Performance:
    """Watches a portfolio, and keeps its last equity of each day.

    A day is one of UTC. A quote without a time has that of the quote before it; a late quote counts
    for the present day.

    :param portfolio: before its first quote, with cash above 0.
    """

    def __init__(self, portfolio: Portfolio):
        self._portfolio = portfolio
        cash = self.starting_cash = portfolio.cash
        self.trades = Trades()
        self.quotes = 0
        self.equity = cash
        self.first: int | None = None
        """The instant of the first quote that has one, in nanoseconds since 1970."""
        self.last: int | None = None
        """That of the last one."""
        self._days: dict[int, float] = {}
        # the day of the last quote, and when it ends
        self._day: int | None = None
        self._until: float = -math.inf
        self._held = 0
        self._first_prices: dict[str, float] = {}
        self._peak = self._low = cash
        self._peak_at: int | None = None
        self._trough_at: int | None = None
        self._worst = Drawdown(0.0, None, None, None)

    def see(self, seen: Observation) -> None:
        """Record what came of a quote."""
        account, transaction = seen.account, seen.transaction
        if transaction.price_before is None and seen.is_first:  # the one is faster than the other
            self._first_prices[seen.quote["sid"]] = seen.quote["quote"]
        at = seen.at
        if at is None:
            at = self.last
        else:
            if at >= self._until:
                self._enter_day(at)
            self.last = at
        self.quotes += 1
        if account.positions:
            self._held += 1
            equity = self.equity = account.equity
        else:
            equity = self.equity = account.cash
        if transaction.fills:
            for fill in transaction.fills:
                self.trades.add(fill)
        if equity >= self._peak:
            if self._low < self._peak:
                self._close_drawdown(at)
            self._peak = self._low = equity
            self._peak_at = at
        elif equity < self._low:
            self._low, self._trough_at = equity, at

    def _enter_day(self, at: int) -> None:
        """Start another day."""
        if self._day is None:
            self.first = at
            if not self.quotes:
                self._peak_at = at
        else:
            self._days[self._day] = self.equity
        self._day = at // DAY
        self._until = (self._day + 1) * DAY

    @property
    def days(self) -> dict[int, float]:
        """The last equity of each day with a quote, by UTC days since 1970."""
        return self._days if self._day is None else {**self._days, self._day: self.equity}

    def _close_drawdown(self, recovery: int | None) -> None:
        depth = self._low / self._peak - 1
        if depth < self._worst.depth:
            self._worst = Drawdown(depth, self._peak_at, self._trough_at, recovery)

    @property
    def drawdown(self) -> Drawdown:
        """The deepest one."""
        depth = self._low / self._peak - 1
        if depth < self._worst.depth:
            return Drawdown(depth, self._peak_at, self._trough_at, None)
        return self._worst

    @property
    def total_return(self) -> float:
        """Last equity / starting cash - 1."""
        return self.equity / self.starting_cash - 1

    @property
    def buy_and_hold(self) -> float | None:
        """The return of buying every instrument at its first price, for equal parts of the cash.

        Without costs; None if no quote was trusted, so that no instrument has a price.
        """
        prices = self._portfolio.prices
        grown = [prices[sid] / first for sid, first in self._first_prices.items()]
        return math.fsum(grown) / len(grown) - 1 if grown else None

    @property
    def exposure_time(self) -> float | None:
        """The fraction of quotes after which something was held; None without a quote."""
        return self._held / self.quotes if self.quotes else None

    @property
    def years(self) -> float | None:
        """From the first quote to the last; None if they have no times, or one time."""
        return self._elapsed / DAY / DAYS_PER_YEAR or None

    @property
    def _elapsed(self) -> int:
        """From the first quote to the last, in nanoseconds; 0 if they have no times."""
        first, last = self.first, self.last
        return 0 if first is None or last is None else max(0, last - first)

    @property
    def _annual_years(self) -> float | None:
        """The years, if they are enough for annual figures."""
        return self.years if self._elapsed >= MIN_DAYS * DAY else None

    @property
    def notes(self) -> list[str]:
        """Why figures are not defined, one sentence for each reason."""
        if not self.quotes or self._annual_years is not None:
            return []
        if self.first is None:
            return ["annual figures need the times of quotes, and none of these has a ts"]
        found = _length_text(self._elapsed)
        return [f"annual figures need at least {MIN_DAYS} days of data: this is {found}"]

    @property
    def turnover(self) -> float | None:
        """The lesser of purchases and sales per year, over the mean of the days' equity.

        None for less than `MIN_DAYS`. Source: portfolio turnover rate, SEC Form N-1A, item 13,
        instruction 4(d).
        """
        years = self._annual_years
        if years is None:
            return None
        days = self.days.values()
        mean = math.fsum(days) / len(days)
        return min(self.trades.bought, self.trades.sold) / mean / years if mean else None

    @property
    def drawdown_days(self) -> float | None:
        """From the peak of the deepest drawdown to its recovery, or to the last quote."""
        worst = self.drawdown
        if worst.peak is None or self.last is None:
            return None
        end = self.last if worst.recovery is None else worst.recovery
        return (end - worst.peak) / DAY

    def ratios(self) -> dict[str, float | None]:
        """Return annual return, volatility, Sharpe, Sortino and Calmar ratio.

        From the returns of days, the first one on the starting cash, without a risk-free rate;
        by empyrical-reloaded. A year has as many of them as the data suggests: 252, or 365, 52 or
        12 where days without a quote are rarer or more frequent than weekends and holidays.

        :return: by name; None where it is not defined, and for less than `MIN_DAYS`.
        """
        days, years = self.days, self._annual_years
        if len(days) < 2 or years is None:
            return dict.fromkeys(RATIOS)
        try:
            import empyrical
            import numpy as np
        except ImportError as error:
            raise PortfolioError(
                f"ratios need the package {error.name}: pip install 'tickwire[backtest]'"
            ) from error

        equity = np.array([self.starting_cash, *days.values()])
        with np.errstate(all="ignore"):
            returns = equity[1:] / equity[:-1] - 1
            year = _periods(len(days) / years)
            found = {
                "annual_return": empyrical.annual_return(returns, annualization=year),
                "volatility": empyrical.annual_volatility(returns, annualization=year),
                "sharpe": empyrical.sharpe_ratio(returns, annualization=year),
                "sortino": empyrical.sortino_ratio(returns, annualization=year),
                "calmar": empyrical.calmar_ratio(returns, annualization=year),
            }
        return {name: float(value) if np.isfinite(value) else None for name, value in found.items()}

    def figures(self) -> dict[str, Any]:
        """Return everything by name, as plain data; None where a figure is not defined."""
        return {**self.plain(), **self.ratios()}

    def plain(self) -> dict[str, Any]:
        """Return all figures but the ratios; first and last as ISO 8601, both dates or neither."""
        first, last = self.first, self.last
        times = (None, None) if first is None or last is None else span(first, last)
        return {
            "quotes": self.quotes,
            "first": times[0],
            "last": times[1],
            "starting_cash": self.starting_cash,
            "final_equity": self.equity,
            "total_return": self.total_return,
            "buy_and_hold": self.buy_and_hold,
            "max_drawdown": self.drawdown.depth,
            "max_drawdown_days": self.drawdown_days,
            "fills": self.trades.fills,
            "fees": self.trades.fees,
            "trades": len(self.trades.returns),
            "win_rate": self.trades.win_rate,
            "profit_factor": self.trades.profit_factor,
            "exposure_time": self.exposure_time,
            "turnover": self.turnover,
        }


def _length_text(ns: int) -> str:
    """Return a length of time in its largest unit, cut to one decimal."""
    units = (("day", DAY), ("hour", 3600 * SECOND), ("minute", 60 * SECOND))
    unit, size = next((each for each in units if ns >= each[1]), ("second", SECOND))
    value = ns * 10 // size / 10
    return f"{value:g} {unit}" if value == 1 else f"{value:g} {unit}s"


def _periods(per_year: float) -> int:
    return next(
        (usual for usual, least in ((365, 300), (252, 100), (52, 30)) if per_year > least), 12
    )

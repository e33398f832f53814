"""Performance: what became of the money, from equity and fills, in bounded memory.

Ratios come from empyrical-reloaded, which is imported when they are asked for, and not before.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Mapping
from typing import Any, NamedTuple

from portfolio.errors import PortfolioError
from portfolio.orders import Fill
from portfolio.portfolio import Portfolio
from portfolio.times import DAY, seconds

DAYS_PER_YEAR = 365.25
DAY_MS = 86_400_000

RATIOS = ("annual_return", "volatility", "sharpe", "sortino", "calmar")

Time = str | float | None
"""A quote's `ts`, verbatim."""


class Drawdown(NamedTuple):
    """A fall of the equity from a peak."""

    depth: float
    """Lowest equity / peak - 1: 0 or below."""
    peak: Time
    """The time of the peak, verbatim."""
    trough: Time
    recovery: Time
    """When the peak was reached again; None if it was not."""


class Trades:
    """Every sale is a trade: its profit is what it brings less the fees and its share of the cost.

    Takes 8 bytes of memory for each.
    """

    def __init__(self) -> None:
        self.returns = array("d")
        """Profit / cost of each trade."""
        self.gains = self.losses = 0.0
        """Sums of the profits above and below 0, in cash; the losses as a positive number."""
        self.bought = self.sold = self.fees = 0.0
        """In cash."""
        self.fills = 0
        self._positions: dict[str, tuple[float, float]] = {}

    def add(self, fill: Fill) -> None:
        """Take a fill in."""
        self.fills += 1
        self.fees += fill.fee
        quantity, cost = self._positions.get(fill.sid, (0.0, 0.0))
        if fill.side == "buy":
            self.bought += fill.amount
            self._positions[fill.sid] = quantity + fill.quantity, cost + fill.amount + fill.fee
            return
        self.sold += fill.amount
        share = cost * (fill.quantity / quantity)
        self._positions[fill.sid] = quantity - fill.quantity, cost - share
        profit = fill.amount - fill.fee - share
        self.returns.append(profit / share)
        if profit > 0:
            self.gains += profit
        else:
            self.losses -= profit

    @property
    def win_rate(self) -> float | None:
        """The fraction of trades with a profit above 0; None without a trade."""
        if not self.returns:
            return None
        return sum(each > 0 for each in self.returns) / len(self.returns)

    @property
    def profit_factor(self) -> float | None:
        """Gains / losses; None without a loss."""
        return self.gains / self.losses if self.losses else None


class Performance:
    """Watches a portfolio, and keeps its last equity of each day.

    :param portfolio: before its first quote, with cash above 0.
    """

    def __init__(self, portfolio: Portfolio):
        self._portfolio = portfolio
        cash = self.starting_cash = portfolio.cash
        self.trades = Trades()
        self.quotes = 0
        self.equity = cash
        self.first: Time = None
        self.last: Time = None
        self._days: dict[str | int, float] = {}
        # the day of the last quote, and where it begins and ends
        self._day: str | int | None = None
        self._from: Any = None
        self._until: Any = None
        self._held = 0
        self._first_prices: dict[str, float] = {}
        self._peak = self._low = cash
        self._peak_at: Time = None
        self._trough_at: Time = None
        self._worst = Drawdown(0.0, None, None, None)

    def see(self, data: Mapping[str, Any]) -> None:
        """Take note of the portfolio after a quote."""
        portfolio = self._portfolio
        if portfolio.price_before is None:
            self._first_prices[data["sid"]] = data["quote"]
        try:
            ts = data["ts"]
            if not self._from <= ts < self._until:
                self._begin_day(ts)
        except (KeyError, TypeError):  # it has none, or it is the first one
            ts = data.get("ts")
            self._begin_day(ts)
        self.last = ts
        self.quotes += 1
        if portfolio.positions:
            self._held += 1
            equity = self.equity = portfolio.equity
        else:
            equity = self.equity = portfolio.cash
        if portfolio.fills:
            for fill in portfolio.fills:
                self.trades.add(fill)
        if equity >= self._peak:
            if self._low < self._peak:
                self._close_drawdown(ts)
            self._peak = self._low = equity
            self._peak_at = ts
        elif equity < self._low:
            self._low, self._trough_at = equity, ts

    def _begin_day(self, ts: Any) -> None:
        if not self.quotes:
            self.first = self._peak_at = ts
        if ts is None:
            return
        if self._day is not None:
            self._days[self._day] = self.equity
        if isinstance(ts, str):
            self._day = self._from = ts[:10]
            self._until = ts[:10] + "~"  # sorts behind any time of that day
        else:
            self._day = int(ts // DAY_MS)
            self._from, self._until = self._day * DAY_MS, (self._day + 1) * DAY_MS

    @property
    def days(self) -> dict[str | int, float]:
        """The last equity of each day of the quotes' own calendar.

        By ISO date, or by days since the epoch where times are epoch milliseconds.
        """
        return self._days if self._day is None else {**self._days, self._day: self.equity}

    def _close_drawdown(self, recovery: Time) -> None:
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
        """The return of buying every instrument at its first quote, for equal parts of the cash.

        Without costs; None without a quote.
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
        if self.first is None or self.last is None:
            return None
        return (_at(self.last) - _at(self.first)) / DAY / DAYS_PER_YEAR or None

    @property
    def turnover(self) -> float | None:
        """The lesser of purchases and sales per year, over the mean of the days' equity.

        Source: portfolio turnover rate, SEC Form N-1A, item 13, instruction 4(d).
        """
        if self.years is None:
            return None
        days = self.days.values()
        mean = math.fsum(days) / len(days)
        return min(self.trades.bought, self.trades.sold) / mean / self.years if mean else None

    @property
    def drawdown_days(self) -> float | None:
        """From the peak of the deepest drawdown to its recovery, or to the last quote."""
        worst = self.drawdown
        if worst.peak is None or self.last is None:
            return None
        end = self.last if worst.recovery is None else worst.recovery
        return (_at(end) - _at(worst.peak)) / DAY

    def ratios(self) -> dict[str, float | None]:
        """Return annual return, volatility, Sharpe, Sortino and Calmar ratio.

        From the returns of days, the first one on the starting cash, without a risk-free rate;
        by empyrical-reloaded. A year has as many of them as the data suggests: 252, or 365, 52 or
        12 where days without a quote are rarer or more frequent than weekends and holidays.

        :return: by name; None where it is not defined.
        """
        days = self.days
        if len(days) < 2 or self.years is None:
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
            year = _periods(len(days) / self.years)
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
        """Return all figures but the ratios."""
        return {
            "quotes": self.quotes,
            "first": self.first,
            "last": self.last,
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


def _at(ts: str | float) -> float:
    return seconds({"ts": ts}, "performance")


def _periods(per_year: float) -> int:
    return next(
        (usual for usual, least in ((365, 300), (252, 100), (52, 30)) if per_year > least), 12
    )

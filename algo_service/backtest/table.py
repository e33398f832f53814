"""Figures as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

NAMES = {
    "final_equity": ("Final equity", "cash"),
    "total_return": ("Total return", "percent"),
    "buy_and_hold": ("Buy and hold", "percent"),
    "max_drawdown": ("Max drawdown", "percent"),
    "max_drawdown_days": ("Max drawdown length", "days"),
    "orders": ("Orders", "count"),
    "refused": ("Refused by a limit", "count"),
    "cut": ("Cut by a limit", "count"),
    "fees": ("Fees", "cash"),
    "trades": ("Trades", "count"),
    "win_rate": ("Win rate", "percent"),
    "profit_factor": ("Profit factor", "number"),
    "exposure_time": ("Exposure time", "percent"),
    "turnover": ("Turnover per year", "number"),
    "annual_return": ("Annual return", "percent"),
    "volatility": ("Volatility per year", "percent"),
    "sharpe": ("Sharpe ratio", "number"),
    "sortino": ("Sortino ratio", "number"),
    "calmar": ("Calmar ratio", "number"),
    "starting_cash": ("Starting cash", "cash"),
    "quotes": ("Quotes", "count"),
    "failed": ("Failed quotes", "count"),
    "fills": ("Fills", "count"),
    "first": ("First quote", "text"),
    "last": ("Last quote", "text"),
}
"""Of each figure the name for people, and its unit."""


def shown(name: str, value: Any) -> str:
    """Return a figure as a person reads it; a dash where it is not defined."""
    unit = NAMES[name][1]
    if value is None:
        return "-"
    if unit == "percent":
        return f"{value:,.2%}"
    if unit in ("cash", "number"):
        return f"{value:,.2f}"
    if unit == "count":
        return f"{value:,}"
    if unit == "days":
        return f"{value:,.0f} days"
    if isinstance(value, int | float):  # epoch milliseconds
        return datetime.fromtimestamp(value / 1000, UTC).isoformat(" ", "seconds")
    return str(value)


def lines(figures: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line for each figure, in the order of `NAMES`."""
    for name, (words, _unit) in NAMES.items():
        if name in figures:
            yield f"{words:<22}{shown(name, figures[name]):>16}"

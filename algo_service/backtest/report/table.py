"""Figures as lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from algo_service.backtest.report import digits

if TYPE_CHECKING:
    from algo_service.backtest.result import Result
    from algo_service.backtest.sweep import Sweep

NAMES = {
    "final_equity": ("Final equity", "cash"),
    "total_return": ("Total return", "percent"),
    "buy_and_hold": ("Buy and hold", "percent"),
    "max_drawdown": ("Max drawdown", "percent"),
    "max_drawdown_days": ("Max drawdown length", "days"),
    "orders": ("Orders", "count"),
    "not_placed": ("Asked for, not placed", "count"),
    "refused": ("Refused by a limit", "count"),
    "cut": ("Cut by a limit", "count"),
    "not_filled": ("Never filled", "count"),
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

WIDTH = 16
"""Of a column, in characters; wider where an algorithm's name is."""


def shown(name: str, figures: Mapping[str, Any]) -> str:
    """Return a figure as a person reads it; a dash where it is not defined.

    :param figures: with `starting_cash`, from which the number of digits of cash follows.
    """
    value, unit = figures[name], NAMES[name][1]
    if value is None:
        return "-"
    if unit == "cash":
        return digits.cash(value, figures["starting_cash"])
    if unit == "percent":
        return digits.percent(value)
    if unit == "number":
        return digits.number(value)
    if unit == "count":
        return f"{value:,}"
    if unit == "days":
        return f"{value:,.0f} days"
    return str(value)


def title(result: Result) -> str:
    """Return the algorithm with its parameters."""
    said = ", ".join(f"{name}={value}" for name, value in result.parameters.items())
    return f"{result.algo} ({said})"


def lines(columns: Sequence[Mapping[str, Any]], heads: Sequence[str] = ()) -> Iterator[str]:
    """Yield a line for each figure, in the order of `NAMES`.

    :param columns: one map of figures for each column.
    :param heads: what is above the columns, if anything.
    """
    width = max([WIDTH, *(len(head) + 2 for head in heads)])
    if heads:
        yield f"{'':<22}" + "".join(f"{head:>{width}}" for head in heads)
    for name, (words, _unit) in NAMES.items():
        if name in columns[0]:
            cells = (shown(name, figures) for figures in columns)
            yield f"{words:<22}" + "".join(f"{cell:>{width}}" for cell in cells)


MAX_ROWS = 10
"""Combinations of a sweep that are shown, the best ones."""


def sweep_cells(sweep: Sweep) -> tuple[list[str], list[list[str]]]:
    """Return the heads of a sweep's columns, and the cells of its best rows."""
    figures = ["total_return", "sharpe", "max_drawdown", "orders", "trades"]
    if any(row["failed"] for row in sweep.rows):
        figures.append("failed")
    heads = [*sweep.names, *(NAMES[name][0] for name in figures)]
    rows = [
        [_value(row[name]) for name in sweep.names] + [shown(name, row) for name in figures]
        for row in sweep.rows[:MAX_ROWS]
    ]
    return heads, rows


def sweep_lines(sweep: Sweep) -> Iterator[str]:
    """Yield a line for the heads and one for each of the best rows."""
    heads, rows = sweep_cells(sweep)
    widths = [max(12, *(len(row[n]) for row in (heads, *rows))) for n in range(len(heads))]
    for row in (heads, *rows):
        yield "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))


def _value(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)

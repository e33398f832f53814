"""What a notebook shows of a result and of a sweep: a small table, and a picture of the equity."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from algo_service.backtest.curve import Curve
from algo_service.backtest.report import page, table
from algo_service.backtest.result import Result
from algo_service.backtest.sweep import Sweep

_SHOWN = (
    *("final_equity", "total_return", "buy_and_hold", "max_drawdown", "annual_return", "sharpe"),
    *("orders", "trades", "win_rate", "fees", "quotes", "first", "last"),
)
_WIDTH, _HEIGHT, _MAX_POINTS = 640, 160, 600
"""Of the picture in pixels, and its most points."""


def result(result: Result) -> str:
    """Return a result as HTML without scripts, which any notebook shows."""
    figures = result.figures()
    rows = [(table.NAMES[name][0], table.shown(name, figures)) for name in _SHOWN]
    picture = _picture(result.curve) if result.curve else ""
    return (
        f"<div><p>{escape(table.title(result))}</p>{picture}{page.pairs(rows)}"
        f"{page.notes([*result.data_notes, *result.notes])}</div>"
    )


def sweep(sweep: Sweep) -> str:
    """Return a sweep's best rows as HTML."""
    return f"<div>{page.table(*table.sweep_cells(sweep))}{page.notes(sweep.notes)}</div>"


def _picture(curve: Curve) -> str:
    points = curve.points
    equity, held = [each.equity for each in points], curve.buy_and_hold()
    lowest, highest = min(*equity, *held), max(*equity, *held)
    lines = "".join(
        f'<polyline fill="none" stroke="{color}" stroke-width="{width}" points="{path}"/>'
        for values, color, width in ((held, "#8a8f98", 1.2), (equity, "#1f5fa8", 1.8))
        for path in [" ".join(_path(values, lowest, highest))]
    )
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" role="img">'
        f"<title>Equity (blue), buy and hold (grey)</title>{lines}</svg>"
    )


def _path(values: Sequence[float], lowest: float, highest: float) -> Iterable[str]:
    height = (highest - lowest) or 1.0
    last = max(len(values) - 1, 1)
    step = max(1, len(values) // _MAX_POINTS)
    # the last one is always drawn
    for n in [*range(0, len(values) - 1, step), len(values) - 1]:
        y = 4 + (highest - values[n]) / height * (_HEIGHT - 8)
        yield f"{n / last * _WIDTH:.1f},{y:.1f}"

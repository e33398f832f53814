"""The report of several algorithms over the same data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from algo_service.backtest.report import page, table
from algo_service.backtest.report.report import course, data, head
from algo_service.backtest.result import Result


def write(path: Path, results: Sequence[Result], names: Sequence[str]) -> None:
    """Write the page.

    :param results: of backtests whose course was kept, over the same data.
    :param names: what to call each.
    :raises AlgoServiceError: if the file cannot be written, plotly is not there, or a course was
        not kept.
    """
    title = f"{', '.join(names[:-1])} and {names[-1]}"
    named = dict(zip(names, results, strict=True))
    curves = {name: course(result) for name, result in named.items()}
    body = [
        head(title, results[0]),
        "".join(
            page.notes((f"{name}: {line}" for line in result.notes), "warn")
            for name, result in named.items()
        ),
        page.chart("Equity and drawdown", page.charts().equities(curves), "equity"),
        _figures(named),
        _parameters(named),
        '<p class="note">The report of one algorithm alone has its orders on the price, its months'
        " and its trades.</p>",
        data(results[0]),
    ]
    page.write(path, f"{title}: backtest", body)


def _figures(named: dict[str, Result]) -> str:
    figures = [result.figures() for result in named.values()]
    rows = [
        (words, *(table.shown(name, each) for each in figures))
        for name, (words, _unit) in table.NAMES.items()
        if name in figures[0]
    ]
    return f"<section><h2>Figures</h2>{page.table(['', *named], rows)}</section>"


def _parameters(named: dict[str, Result]) -> str:
    keys = dict.fromkeys(key for result in named.values() for key in result.parameters)
    rows = (
        (key, *(str(result.parameters.get(key, "")) for result in named.values())) for key in keys
    )
    return f"<section><h2>Parameters</h2>{page.table(['', *named], rows)}</section>"

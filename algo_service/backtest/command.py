"""What `algo-service backtest` does: runs, prints, writes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, TextIO

import click

from algo_service.backtest import table
from algo_service.backtest.run import Result, backtest
from algo_service.backtest.sweep import Sweep, grid, sweep
from algo_service.errors import AlgoServiceError
from algo_service.orders import encode
from market_data import Report

Advance = Callable[[int], None]


def run(
    algo: str,
    data: tuple[str, ...],
    params: dict[str, Any],
    sweeps: tuple[str, ...],
    *,
    source: Mapping[str, Any],
    report: Path | None,
    orders: Path | None,
    as_json: bool,
) -> None:
    """Run a backtest, or the best one of a grid, and tell what came of it.

    :param source: `columns`, `query` and `sort` for `market_data.open_feed`.
    """
    swept = None
    if sweeps:
        swept = _sweep(algo, data, params, sweeps, source)
        best = {name: swept.best[name] for name in swept.names}
        params = {**params, "seed": swept.seed, **best}
        if not as_json:
            _print_sweep(swept)
    with _written(orders) as file, _progress("quotes") as advance:
        result = backtest(
            algo,
            data,
            params,
            **source,
            keep="chart" if report else None,
            on_order=(lambda order: print(encode(order), file=file)) if file else None,
            advance=advance,
        )
    if as_json:
        sweep_rows = {"sweep": swept.rows} if swept else {}
        parameters = {"parameters": result.parameters}
        click.echo(json.dumps({**result.figures(), **parameters, **sweep_rows}, allow_nan=False))
    else:
        _print(result)
    if report:
        from algo_service.backtest import report as page

        page.write(report, result, swept)
        if not as_json:
            click.echo(f"report written to {report}")


def _sweep(
    algo: str,
    data: tuple[str, ...],
    params: dict[str, Any],
    sweeps: tuple[str, ...],
    source: Mapping[str, Any],
) -> Sweep:
    values = dict(grid(text) for text in sweeps)
    total = 1
    for each in values.values():
        total *= len(each)
    with _progress("runs", total) as advance:
        return sweep(algo, data, values, params, **source, advance=advance)


def _print_sweep(swept: Sweep) -> None:
    names = [*swept.names, "total_return", "sharpe", "max_drawdown", "trades"]
    click.echo("  ".join(f"{name:>12}" for name in names))
    for row in swept.rows[:10]:
        cells = (table.shown(n, row[n]) if n in table.NAMES else f"{row[n]:g}" for n in names)
        click.echo("  ".join(f"{cell:>12}" for cell in cells))
    if swept.refused:
        click.echo(f"{swept.refused} combinations are not allowed: {swept.refusal}, and so on")
    click.secho(f"{swept.warning}\n", fg="yellow")


def _print(result: Result) -> None:
    said = ", ".join(f"{name}={value}" for name, value in result.parameters.items())
    click.echo(f"{result.algo} ({said})")
    performance = result.performance
    counts = {name: getattr(result, name) for name in ("orders", "refused", "cut", "failed")}
    # the ratios last: their library takes a second to import
    for line in table.lines({**performance.plain(), **counts}):
        click.echo(line)
    for line in table.lines(performance.ratios()):
        click.echo(line)
    for text in (*_oddities(result.quality), *_errors(result)):
        click.secho(text, fg="yellow")


def _oddities(quality: Report | None) -> Iterator[str]:
    if quality is None:
        return
    for name in ("missing", "absurd", "malformed", "untimed", "duplicates", "gaps"):
        if count := getattr(quality, name):
            yield f"data: {count:,} {_ODDITIES[name]}"


_ODDITIES = {
    "missing": "rows without a symbol, time or price, skipped",
    "absurd": "rows with a price that cannot be one, skipped",
    "malformed": "rows that are no quote, skipped",
    "untimed": "quotes without a readable time",
    "duplicates": "quotes at the time of the one before them",
    "gaps": "gaps in time (the report lists the longest)",
}


def _errors(result: Result) -> Iterator[str]:
    for failed in result.errors[:3]:
        yield f"failed: {json.dumps(failed.quote, default=repr)[:200]}: {failed.error}"
    if result.failed > 3:
        yield f"failed: {result.failed - 3:,} more quotes"


@contextmanager
def _written(path: Path | None) -> Iterator[TextIO | None]:
    if path is None:
        yield None
        return
    try:
        with path.open("w", encoding="utf-8") as file:
            yield file
    except OSError as error:
        raise AlgoServiceError(f"cannot write {path}: {error.strerror}") from error


@contextmanager
def _progress(label: str, length: int | None = None) -> Iterator[Advance]:
    """Show a bar, where there is a terminal to show it."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    # how many quotes there are is not known before they are read: then it counts
    steps = count() if length is None else range(length)
    with click.progressbar(steps, length, label, show_pos=True, file=sys.stderr) as bar:
        yield bar.update

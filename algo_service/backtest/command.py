"""What `algo-service backtest` does: runs, prints, writes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import click

from algo_service.backtest.compare import labels, shares
from algo_service.backtest.grid import grid
from algo_service.backtest.report import table
from algo_service.backtest.result import Result
from algo_service.backtest.run import backtest
from algo_service.backtest.sweep import Sweep, sweep
from algo_service.backtest.trades import TradeFile
from algo_service.engine.encoding import encode
from algo_service.errors import AlgoServiceError
from algo_service.progress import progress
from market_data.feeds.options import ReadOptions
from market_data.private_files import open_output
from portfolio import Order
from telemetry.terminal import say


class Reading(NamedTuple):
    """How quotes reach the algorithm."""

    options: ReadOptions
    channels: tuple[str, ...]
    """Of a recording, in place of those that the algorithm asks for."""
    fresh: bool
    """Whether a backend at an address is known to have decided nothing yet."""
    curve_keys: Path | None
    """The folder of the keys by which that is reached."""


class Output(NamedTuple):
    """What is to be written beside the table."""

    report: Path | None
    orders: Path | None
    trades: Path | None
    as_json: bool


def run(
    algos: tuple[str, ...],
    data: tuple[str, ...],
    params: dict[str, Any],
    sweeps: tuple[str, ...],
    reading: Reading,
    output: Output,
) -> None:
    """Run a backtest, the best one of a grid, or one for each algorithm, and print the results."""
    swept = None
    if sweeps:
        if len(algos) > 1:
            raise AlgoServiceError(
                f"--sweep tries the parameters of one algorithm, and --algo names {len(algos)}:"
                f" {', '.join(algos)}"
            )
        swept = _sweep(algos[0], data, params, sweeps, reading)
        best = {name: swept.best[name] for name in swept.names}
        params = {**params, "seed": swept.seed, **best}
        if not output.as_json:
            _print_sweep(swept)
    each = shares(algos, params) if len(algos) > 1 else [params]
    results = _backtests(algos, data, each, reading, output)
    names = labels(algos, [result.algo for result in results])
    if output.as_json:
        objects = [as_object(result) for result in results]
        if swept:
            objects[0]["sweep"] = swept.rows
        shown = objects[0] if len(objects) == 1 else {"results": objects}
        say(json.dumps(shown, allow_nan=False))
    elif len(results) == 1:
        _print(results[0])
    else:
        _print_comparison(results, names)
    if output.report:
        from algo_service.backtest.report import comparison, report

        if len(results) == 1:
            report.write(output.report, results[0], swept)
        else:
            comparison.write(output.report, results, names)
        if not output.as_json:
            click.echo(f"report written to {output.report}")


def _backtests(
    algos: tuple[str, ...],
    data: tuple[str, ...],
    params: list[dict[str, Any]],
    reading: Reading,
    output: Output,
) -> list[Result]:
    results = []
    with _written(output.orders) as orders, _written(output.trades) as file:
        trades = TradeFile(file) if file else None

        def on_order(order: Order) -> None:
            print(encode(order), file=orders)

        for algo, own in zip(algos, params, strict=True):
            label = "quotes" if len(algos) == 1 else f"quotes, {algo}"
            with progress(label) as advance:
                result = backtest(
                    algo,
                    data,
                    own,
                    keep="chart" if output.report else None,
                    on_order=on_order if orders else None,
                    on_trade=partial(trades.write, algo) if trades else None,
                    fresh=reading.fresh,
                    curve_keys=reading.curve_keys,
                    channels=reading.channels,
                    advance=advance,
                    **reading.options,
                )
            results.append(result)
    return results


def _sweep(
    algo: str,
    data: tuple[str, ...],
    params: dict[str, Any],
    sweeps: tuple[str, ...],
    reading: Reading,
) -> Sweep:
    values = dict(grid(text) for text in sweeps)
    total = 1
    for each in values.values():
        total *= len(each)
    with progress("runs", total) as advance:
        return sweep(
            algo,
            data,
            values,
            params,
            channels=reading.channels,
            advance=advance,
            **reading.options,
        )


def as_object(result: Result) -> dict[str, Any]:
    """Return everything that the command says of a result, as plain data."""
    by_code = result.reasons.by_code()
    return {
        **result.figures(),
        "parameters": result.parameters,
        "rejections": {code: tally.count for code, tally in by_code.items()},
        "reasons": {code: tally.reason for code, tally in by_code.items()},
        "failures": [
            {"error": each.error, "place": each.place, "count": each.count}
            for each in result.errors
        ],
        "notes": result.notes,
        "data": result.data_notes,
    }


def _print_sweep(swept: Sweep) -> None:
    for line in table.sweep_lines(swept):
        say(line)
    *others, warning = swept.notes
    for line in others:
        say(line)
    say(warning, fg="yellow")
    click.echo()


def _print(result: Result) -> None:
    say(table.title(result))
    performance = result.performance
    plain = performance.plain()
    # the ratios last: their library takes a second to import
    for line in table.lines([{**plain, **result.counts()}]):
        say(line)
    for line in table.lines([performance.ratios()]):
        say(line)
    _warn(*(f"data: {line}" for line in result.data_notes), *result.notes)


def _print_comparison(results: list[Result], names: list[str]) -> None:
    for result in results:
        say(table.title(result))
    for line in table.lines([result.figures() for result in results], names):
        say(line)
    # the data is the same for all
    _warn(*(f"data: {line}" for line in results[0].data_notes))
    for name, result in zip(names, results, strict=True):
        _warn(*(f"{name}: {line}" for line in result.notes))


def _warn(*lines: str) -> None:
    for line in lines:
        say(line, fg="yellow")


@contextmanager
def _written(path: Path | None) -> Iterator[TextIO | None]:
    if path is None:
        yield None
        return
    try:
        # the line ends of CSV are its writer's own
        with open_output(path, newline="") as file:
            yield file
    except OSError as error:
        raise AlgoServiceError(f"cannot write {path}: {error.strerror}") from error

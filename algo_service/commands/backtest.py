"""The command `algo-service backtest`."""

from __future__ import annotations

import logging
import signal
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from algo_service.commands.curve import check_needs_rpc, curve_option
from algo_service.commands.options import (
    SHORT,
    channel_option,
    merge_params,
    several_algorithms_options,
)
from algo_service.errors import AlgoServiceError
from algo_service.rpc.address import check_address
from market_data.command_line import warn_if_listed
from market_data.commands.read_options import read_options, taken
from telemetry.addresses import holds_password


@click.command(context_settings={"show_default": True})
@several_algorithms_options
@click.option(
    "--rpc",
    metavar="ADDRESS",
    help="Run the backend at this address, such as tcp://127.0.0.1:4242, in place of --algo.",
)
@curve_option("Reach the backend at --rpc by CURVE alone, with the keys in this folder.")
@click.option(
    "--fresh",
    is_flag=True,
    help="Assume that the backend at --rpc has decided on no quote yet, if it cannot report that.",
)
@click.option(
    "--data",
    "sources",
    metavar="FILE|SAMPLE",
    multiple=True,
    required=True,
    envvar="ALGO_SERVICE_DATA",
    show_envvar=True,
    help="A shipped sample (see `market-data samples`), a CSV or Parquet file, a recording of"
    " quotes as JSON lines, or a database with --query. Several are merged in the order of time.",
)
@channel_option
@read_options("ALGO_SERVICE")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a page with charts, in one file.",
)
@click.option(
    "--orders",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the orders, as JSON lines.",
)
@click.option(
    "--trades",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the trades, as CSV: each sale with its entry, profit and return.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
@click.option(
    "--sweep",
    "sweeps",
    metavar="NAME=FROM..TO:STEP",
    multiple=True,
    help="Try each of these values of a parameter; several make a grid. Or NAME=5,10,20.",
)
def backtest(
    algo: tuple[str, ...],
    rpc: str | None,
    curve_keys: Path | None,
    fresh: bool,
    params: tuple[tuple[str, Any], ...],
    sources: tuple[str, ...],
    channel: tuple[str, ...],
    sweeps: tuple[str, ...],
    report: Path | None,
    orders: Path | None,
    trades: Path | None,
    as_json: bool,
    **others: Any,
) -> None:
    """Run an algorithm over history, and show the results.

    Orders are paper orders: by default they fill, without costs, at the quote that caused them. A
    position that is held at the end stays open, and is valued at the last quote.

    With several --algo each gets the parameters that it declares.
    """
    from algo_service.backtest import command
    from market_data import FeedError

    check_needs_rpc(rpc)
    if any(map(holds_password, sources)):
        warn_if_listed("sources", "the password in --data", "the variable ALGO_SERVICE_DATA")
    # Ctrl-C reads "Aborted!", and leaves the terminal's cursor as it was
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # to log each quote would take longer than the backtest
    logging.basicConfig(level="ERROR", format="%(message)s")
    # what is ignored, such as returned orders, is logged once
    logging.getLogger("algo_service.engine").setLevel("WARNING")
    try:
        command.run(
            algo if rpc is None else _backend(rpc, sweeps),
            sources,
            merge_params(params, {name: others.pop(name) for name in SHORT}),
            sweeps,
            command.Reading(taken(others), channel, fresh, curve_keys),
            command.Output(report, orders, trades, as_json),
        )
    except FeedError as error:
        raise AlgoServiceError(str(error)) from error


def _backend(rpc: str, sweeps: tuple[str, ...]) -> tuple[str]:
    given = click.get_current_context().get_parameter_source("algo")
    if given is ParameterSource.COMMANDLINE:
        raise AlgoServiceError("--rpc runs a backend in place of --algo: give one of them")
    if sweeps:
        raise AlgoServiceError(
            "--sweep starts again for each combination, and the backend at --rpc cannot:"
            " give --algo"
        )
    return (check_address(rpc, "--rpc"),)

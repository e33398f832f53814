"""The command `algo-service`: parses, calls one function, prints."""

from __future__ import annotations

import logging
import signal
import sys
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from algo_service.commands.options import (
    SHORT,
    algorithm_options,
    hidden_read_options,
    merge_params,
    several_algorithms_options,
    taken_for_warm_up,
)
from algo_service.engine.engine import Engine
from algo_service.errors import AlgoServiceError, InitializeError, JournalError
from algo_service.rpc.address import check_address
from market_data.commands.read_options import read_options, taken
from market_data.mqtt.options import mqtt_options, taken_access
from portfolio import PortfolioError


def _name(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value and set(value) & set("/+#:"):
        raise click.BadParameter(
            f'"{value}" would break topics and ids: a name has no "/", "+", "#" or ":"'
        )
    return value or None


def _listening(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    return check_address(
        value, "--addr", listens=True
    )  # before an algorithm is loaded, which may take long


@click.group()
@click.version_option(package_name="tickwire")
def cli() -> None:
    """Serve trading algorithms over ZeroRPC."""


@cli.command(context_settings={"show_default": True})
@click.option(
    "--addr",
    default="tcp://127.0.0.1:4242",
    callback=_listening,
    envvar="ALGO_SERVICE_ADDR",
    show_envvar=True,
    help="Address to bind the RPC server to.",
)
@algorithm_options
@click.option(
    "--name",
    callback=_name,
    envvar="ALGO_SERVICE_NAME",
    show_envvar=True,
    help="Name on the wire; by default the built-in's or the class' name.",
)
@click.option(
    "--journal",
    metavar="FILE|FOLDER/",
    envvar="ALGO_SERVICE_JOURNAL",
    show_envvar=True,
    help="Keep decisions and state in this file, and go on from there after a restart; in a folder"
    " the file has the algorithm's name.",
)
@click.option(
    "--accept-incomplete-journal",
    is_flag=True,
    help="Go on with a journal that was copied without its -wal file: what is missing in it is"
    " decided again.",
)
@click.option(
    "--warm-up",
    metavar="FILE|SAMPLE",
    multiple=True,
    envvar="ALGO_SERVICE_WARM_UP",
    show_envvar=True,
    help="Give this history to the algorithm before its first quote, without orders. Several are"
    " merged in the order of time. They are read by the options of `algo-service backtest`, such as"
    " --columns and --from.",
)
@hidden_read_options
@click.option(
    "--log-level",
    type=click.Choice(["debug", "info", "warn", "warning", "error"]),
    default="info",
    envvar="LOG_LEVEL",
    show_envvar=True,
    help="How much is said of each quote.",
)
def serve(
    addr: str,
    algo: str,
    name: str | None,
    params: tuple[tuple[str, Any], ...],
    journal: str | None,
    accept_incomplete_journal: bool,
    warm_up: tuple[str, ...],
    log_level: str,
    **others: Any,
) -> None:
    """Serve one algorithm until SIGINT or SIGTERM."""
    from algo_service import service

    # lines of an algorithm's own print() appear when they are printed, also through a pipe
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    logging.basicConfig(level=log_level.upper(), format="%(message)s", stream=sys.stdout)
    # zerorpc logs the traceback of every error that it passes on to the caller
    logging.getLogger("zerorpc").setLevel(logging.CRITICAL)

    short = {name: others.pop(name) for name in SHORT}
    options = taken_for_warm_up(others, is_given=bool(warm_up))

    def ready(engine: Engine, journal: Path | None) -> None:
        click.secho(f"serving on {addr} ...", bold=True, fg="cyan")
        said = ", ".join(f"{key}={value}" for key, value in engine.parameters_to_come.items())
        where = f"in the journal {journal}" if journal else "in memory: a restart begins anew"
        click.echo(f"algorithm {engine.name} ({said}); its state is {where}")
        if journal and not engine.is_restorable:
            click.secho(
                f"{engine.name} has no save() and load(): a restart keeps its portfolio and forgets"
                " whatever else it holds, such as counters and its random generator; an event"
                " that fails leaves these as they are then",
                fg="yellow",
            )

    service.serve(
        algo,
        addr,
        name,
        merge_params(params, short),
        journal,
        ready,
        accept_incomplete=accept_incomplete_journal,
        warm_up=(warm_up, options) if warm_up else None,
    )


@cli.command(context_settings={"show_default": True})
@several_algorithms_options
@click.option(
    "--rpc",
    metavar="ADDRESS",
    help="Run the backend at this address, such as tcp://127.0.0.1:4242, in place of --algo.",
)
@click.option(
    "--fresh",
    is_flag=True,
    help="The backend at --rpc, which cannot say so itself, has decided on no quote yet.",
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
    fresh: bool,
    params: tuple[tuple[str, Any], ...],
    sources: tuple[str, ...],
    sweeps: tuple[str, ...],
    report: Path | None,
    orders: Path | None,
    trades: Path | None,
    as_json: bool,
    **others: Any,
) -> None:
    """Run an algorithm over history, and tell what came of it.

    Orders are paper orders: by default they fill, without costs, at the quote that caused them. A
    position that is held at the end stays open, and is valued at the last quote.

    With several --algo each gets those of the parameters that it declares.
    """
    from algo_service.commands import backtest as command
    from market_data import FeedError

    # Ctrl-C reads "Aborted!", and leaves the terminal's cursor as it was
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # the algorithm's lines about each quote would take longer than the backtest
    logging.basicConfig(level="ERROR", format="%(message)s")
    # what an algorithm does in vain, such as returning orders, is said once
    logging.getLogger("algo_service.engine.driver").setLevel("WARNING")
    try:
        command.run(
            algo if rpc is None else _backend(rpc, sweeps),
            sources,
            merge_params(params, {name: others.pop(name) for name in SHORT}),
            sweeps,
            taken(others),
            command.Output(report, orders, trades, as_json),
            fresh,
        )
    except FeedError as error:
        raise AlgoServiceError(str(error)) from error


def _backend(rpc: str, sweeps: tuple[str, ...]) -> tuple[str]:
    given = click.get_current_context().get_parameter_source("algo")
    if given is ParameterSource.COMMANDLINE:
        raise AlgoServiceError("--rpc runs a backend in place of --algo: give one of them")
    if sweeps:
        raise AlgoServiceError(
            "--sweep begins anew for each combination, and the backend at --rpc cannot: give --algo"
        )
    return (check_address(rpc, "--rpc"),)


@cli.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--orders", is_flag=True, help="Print the orders instead, as JSON lines.")
@click.option(
    "--backup",
    metavar="COPY",
    type=click.Path(path_type=Path),
    help="Copy it into this new file instead, as of one moment. A plain copy of FILE misses what is"
    " in FILE-wal.",
)
def journal(file: Path, orders: bool, backup: Path | None) -> None:
    """Show what is in a journal, or copy it, also while a service writes it.

    Of a folder its journals are listed.
    """
    from algo_service.journal import backup as journal_backup
    from algo_service.journal import folder as journal_folder
    from algo_service.journal import mark as journal_mark
    from algo_service.journal import report as journal_report

    if orders and backup:
        raise click.UsageError("--orders prints and --backup copies: give one of them")
    if file.is_dir():
        lines = journal_folder.listing(file)
        if orders or backup:
            found = "; ".join(lines)
            raise JournalError(f"{file} is a folder: name one of its journals; there is {found}")
        for line in lines:
            click.echo(line)
        return
    if backup:
        decisions = journal_backup.backup(file, backup)
        click.echo(f"copied {file} with {decisions} decisions to {backup}")
        return
    shown = journal_report.orders(file) if orders else [journal_report.summary(file)]
    for line in shown:
        click.echo(line)
    missing = journal_mark.incomplete(file)
    if missing:
        click.secho(f"this is not all: {missing}", fg="yellow", err=True)


@cli.command()
@mqtt_options("ALGO_SERVICE")
def watch(**options: Any) -> None:
    """Show what algorithms do: in a terminal a live table, elsewhere a short line per event.

    Equity and profit beside an order are those of its own quote, or of the first portfolio that is
    known to be of after it: never of before it. A last quote is one that an order or a position
    tells of.
    """
    from algo_service.watch import command
    from market_data import FeedError

    try:
        command.run(taken_access(options))
    except FeedError as error:
        raise AlgoServiceError(str(error)) from error


@cli.command()
def algos() -> None:
    """List the built-in algorithms with their parameters."""
    from algo_service.commands import algos as listing

    for line in listing.lines():
        click.echo(line)


@cli.command(context_settings={"show_default": True})
@click.option(
    "--addr",
    default="tcp://127.0.0.1:4242",
    envvar="ALGO_SERVICE_ADDR",
    show_envvar=True,
    help="Address of the service.",
)
def reset(addr: str) -> None:
    """Let a service buy again that a limit has stopped."""
    from algo_service.rpc import client as resetting

    halt = resetting.reset(addr)
    click.echo(f"reset: {halt}" if halt else "nothing to reset: no limit has stopped its buying")


def main() -> None:
    """Run the command; a user's mistake is one sentence and exit status 2."""
    try:
        cli()
    except InitializeError as error:
        click.echo(f"{error.traceback}algo-service: {error}", err=True)
        sys.exit(2)
    except (AlgoServiceError, PortfolioError) as error:
        click.echo(f"algo-service: {error}", err=True)
        sys.exit(2)

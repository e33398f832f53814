"""The command `algo-service serve`."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from algo_service.commands.announce import announce_options, taken_announcement
from algo_service.commands.curve import curve_option
from algo_service.commands.options import (
    SHORT,
    algorithm_options,
    channel_option,
    hidden_read_options,
    merge_params,
    taken_for_warm_up,
)
from algo_service.names import objection
from algo_service.rpc.address import check_address
from algo_service.rpc.exposure import warn_if_exposed
from market_data.command_line import warn_if_listed
from telemetry.addresses import holds_password
from telemetry.log_option import log_option
from telemetry.options import http_option

if TYPE_CHECKING:
    from algo_service.engine.engine import Engine
    from telemetry.options import HttpAddress

log = logging.getLogger(__name__)


def _name(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    reason = value and objection(value)
    if reason:
        raise click.BadParameter(f'"{value}" would break topics and ids: {reason}')
    return value or None


def _listening(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    return check_address(
        value, "--addr", listens=True
    )  # before an algorithm is loaded, which may take long


@click.command(context_settings={"show_default": True})
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
    help="Keep decisions and state in this file, and continue from it after a restart; in a folder"
    " the file has the algorithm's name. sqlite:///FILE is the same.",
)
@click.option(
    "--keep-inputs",
    type=click.Choice(["yes", "no"]),
    default="yes",
    envvar="ALGO_SERVICE_KEEP_INPUTS",
    show_envvar=True,
    help="Keep in the journal what the decisions were made from, for `algo-service verify`; without"
    " it the journal is smaller.",
)
@click.option(
    "--accept-incomplete-journal",
    is_flag=True,
    help="Continue with a journal that was copied without its -wal file: what is missing in it is"
    " decided again.",
)
@click.option(
    "--standby",
    is_flag=True,
    envvar="ALGO_SERVICE_STANDBY",
    show_envvar=True,
    help="Leave the --journal to the service that has it open, until a bridge swaps to this one.",
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
@channel_option
@hidden_read_options
@click.option(
    "--data-folder",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="ALGO_SERVICE_DATA_FOLDER",
    show_envvar=True,
    help="Let whoever asks run backtests over the files of this folder; without it over the samples"
    " alone.",
)
@curve_option(
    "Answer by CURVE alone, with the keys in this folder (`algo-service keys init`), and only"
    " those clients whose keys are in its folder clients."
)
@announce_options
@http_option("ALGO_SERVICE")
@log_option("algo")
def serve(
    addr: str,
    algo: str,
    name: str | None,
    params: tuple[tuple[str, Any], ...],
    journal: str | None,
    keep_inputs: str,
    accept_incomplete_journal: bool,
    standby: bool,
    warm_up: tuple[str, ...],
    data_folder: Path | None,
    curve_keys: Path | None,
    http: HttpAddress | None,
    **others: Any,
) -> None:
    """Serve one algorithm until SIGINT or SIGTERM."""
    from algo_service import service
    from algo_service.rpc.curve.keys import read_server_keys

    if standby and journal is None:
        raise click.UsageError("--standby needs --journal: it is the journal that is handed over")
    # lines of an algorithm's own print() appear when they are printed, also through a pipe
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    log.setLevel(logging.INFO)  # what is served, and where, is said at any --log-level
    # zerorpc logs the traceback of every error that it passes on to the caller
    logging.getLogger("zerorpc").setLevel(logging.CRITICAL)

    keys = read_server_keys(curve_keys) if curve_keys else None
    short = {name: others.pop(name) for name in SHORT}
    announcement = taken_announcement(others, addr)
    options, channels = taken_for_warm_up(others, is_given=bool(warm_up))
    if any(map(holds_password, warm_up)):
        what, instead = "the password in --warm-up", "the variable ALGO_SERVICE_WARM_UP"
        warn_if_listed("warm_up", what, instead)

    def ready() -> None:
        log.info("serving on %s ...", addr)
        if keys is None:
            warn_if_exposed(addr)

    def opened(engine: Engine, journal: Path | None) -> None:
        parameters = ", ".join(f"{key}={value}" for key, value in engine.parameters_to_come.items())
        where = f"in the journal {journal}" if journal else "in memory: a restart starts again"
        log.info("algorithm %s (%s); its state is %s", engine.name, parameters, where)
        if journal and not engine.is_restorable:
            log.warning(
                "%s has no save() and load(): a restart keeps its portfolio and loses everything"
                " else, such as counters and its random generator; after an event that fails, these"
                " stay as the event left them. SAVED lists what is kept",
                engine.name,
            )

    service.serve(
        algo,
        addr,
        name,
        merge_params(params, short),
        journal,
        ready,
        opened,
        standby=standby,
        accept_incomplete=accept_incomplete_journal,
        keep_inputs=keep_inputs == "yes",
        warm_up=(warm_up, options, channels) if warm_up else None,
        announce=announcement,
        http=http,
        data_folder=data_folder and data_folder.absolute(),
        keys=keys,
    )

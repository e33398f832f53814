"""The option of all commands that speak ZeroRPC: the folder of the keys for CURVE."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from algo_service.commands.options import Command
from algo_service.errors import AlgoServiceError

if TYPE_CHECKING:
    from algo_service.rpc.curve.keys import ClientKeys


def curve_option(text: str) -> Callable[[Command], Command]:
    """Add `--curve-keys`."""
    return click.option(
        "--curve-keys",
        metavar="DIR",
        type=click.Path(path_type=Path),
        envvar="ALGO_SERVICE_CURVE_KEYS",
        show_envvar=True,
        help=text,
    )


def check_needs_rpc(rpc: str | None) -> None:
    """Refuse `--curve-keys` on the command line where `--rpc` is not given.

    :raises AlgoServiceError: if so; the variable may be meant for other commands.
    """
    source = click.get_current_context().get_parameter_source("curve_keys")
    if rpc is None and source is ParameterSource.COMMANDLINE:
        raise AlgoServiceError("--curve-keys is for the service at --rpc: give that, too")


def given_keys(folder: Path | None) -> ClientKeys | None:
    """Return the keys of a client, if a folder is given.

    :raises CurveError: if one cannot be used.
    """
    from algo_service.rpc.curve.keys import read_client_keys

    return read_client_keys(folder) if folder else None

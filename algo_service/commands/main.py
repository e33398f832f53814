"""The command `algo-service`: its group of commands, one file each.

A command parses, calls one function and prints. It imports what takes long when it runs, and is
itself imported only then.
"""

from __future__ import annotations

import logging
import sys

import click

from algo_service.errors import AlgoServiceError, InitializeError
from portfolio import PortfolioError
from telemetry.command_group import ImportedCommands
from telemetry.terminal import Commands, say

log = logging.getLogger(__name__)


_COMMANDS = {
    "algos": "algo_service.commands.algos:algos",
    "backtest": "algo_service.commands.backtest:backtest",
    "flatten": "algo_service.commands.person:flatten",
    "halt": "algo_service.commands.person:halt",
    "journal": "algo_service.commands.journal:journal",
    "keys": "algo_service.commands.keys:keys",
    "notify": "algo_service.commands.notify:notify",
    "reset": "algo_service.commands.person:reset",
    "resume": "algo_service.commands.person:resume",
    "serve": "algo_service.commands.serve:serve",
    "trace": "algo_service.commands.trace:trace",
    "verify": "algo_service.commands.verify:verify",
    "watch": "algo_service.commands.watch:watch",
}


@click.group(cls=Commands, commands=ImportedCommands(_COMMANDS))
@click.version_option(package_name="tickwire")
def cli() -> None:
    """Serve trading algorithms over ZeroRPC."""


def main() -> None:
    """Run the command; a user's mistake is one sentence and exit status 2."""
    try:
        cli()
    except (AlgoServiceError, PortfolioError) as error:
        from telemetry import logs

        traceback = error.traceback if isinstance(error, InitializeError) else ""
        if logs.is_json():
            log.error("%s", error, extra={"traceback": traceback} if traceback else None)
        else:
            for line in traceback.splitlines():
                say(line, err=True)
            say(f"algo-service: {error}", err=True)
        sys.exit(2)

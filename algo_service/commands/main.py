"""The command `algo-service`: its group of commands, one file each.

A command parses, calls one function and prints. It imports what takes long when it runs.
"""

from __future__ import annotations

import logging
import sys

import click

from algo_service.commands.algos import algos
from algo_service.commands.backtest import backtest
from algo_service.commands.journal import journal
from algo_service.commands.keys import keys
from algo_service.commands.notify import notify
from algo_service.commands.person import flatten, halt, reset, resume
from algo_service.commands.serve import serve
from algo_service.commands.trace import trace
from algo_service.commands.verify import verify
from algo_service.commands.watch import watch
from algo_service.errors import AlgoServiceError, InitializeError
from portfolio import PortfolioError
from telemetry.terminal import Commands, say

log = logging.getLogger(__name__)


@click.group(cls=Commands)
@click.version_option(package_name="tickwire")
def cli() -> None:
    """Serve trading algorithms over ZeroRPC."""


_COMMANDS = (
    *(serve, backtest, journal, verify, trace, watch, notify, algos, keys),
    *(halt, resume, reset, flatten),
)

for _command in _COMMANDS:
    cli.add_command(_command)


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

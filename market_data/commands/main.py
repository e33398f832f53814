"""The command `market-data`: its group of commands, one file each."""

from __future__ import annotations

import logging
from typing import Any

import click

from market_data.errors import FeedError
from telemetry.command_group import ImportedCommands
from telemetry.log_text import escaped
from telemetry.terminal import Commands

log = logging.getLogger(__name__)


class _Sentence(click.ClickException):
    exit_code = 2


class _Group(Commands):
    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a user's mistake is one sentence and exit status 2."""
        try:
            return super().invoke(ctx)
        except FeedError as error:
            from telemetry import logs  # structlog takes a tenth of a second, also of --help

            if not logs.is_json():
                raise _Sentence(escaped(str(error))) from error
            log.error("%s", error)
            ctx.exit(_Sentence.exit_code)


_COMMANDS = {
    "bars": "market_data.commands.bars:bars_command",
    "download": "market_data.commands.download:download_command",
    "indicators": "market_data.commands.indicators:indicators_command",
    "live": "market_data.commands.live:live_command",
    "record": "market_data.commands.record:record_command",
    "replay": "market_data.commands.replay:replay_command",
    "samples": "market_data.commands.samples:list_samples",
}


@click.group(cls=_Group, commands=ImportedCommands(_COMMANDS))
def main() -> None:
    """Publish quotes: price history, what is live, and what is computed of quotes; record them."""

"""The command `market-data`: its group of commands, one file each."""

from __future__ import annotations

import logging
from typing import Any

import click

from market_data.commands.bars import bars_command
from market_data.commands.download import download_command
from market_data.commands.indicators import indicators_command
from market_data.commands.live import live_command
from market_data.commands.record import record_command
from market_data.commands.replay import replay_command
from market_data.commands.samples import list_samples
from market_data.errors import FeedError
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


@click.group(cls=_Group)
def main() -> None:
    """Publish quotes: price history, what is live, and what is computed of quotes; record them."""


for _command in (
    bars_command,
    download_command,
    indicators_command,
    list_samples,
    live_command,
    record_command,
    replay_command,
):
    main.add_command(_command)

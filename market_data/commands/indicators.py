"""`market-data indicators`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from indicators import Indicator, SettingError, parse
from market_data.commands.deriving import deriving_options, serve
from market_data.derive.indicators import Indicators
from market_data.errors import ReadOptionError
from market_data.mqtt.options import taken_access
from telemetry.options import HttpAddress


@click.command("indicators")
@click.option(
    "--indicator",
    "specs",
    metavar="NAME:NUMBERS",
    multiple=True,
    required=True,
    envvar="MARKET_DATA_INDICATOR",
    show_envvar=True,
    help="What to compute: sma:20, macd:12,26,9; repeatable.",
)
@deriving_options("market-data-indicators")
def indicators_command(
    specs: tuple[str, ...],
    channel: tuple[str, ...],
    state: str | None,
    session: str | None,
    http: HttpAddress | None,
    **options: Any,
) -> None:
    """Compute indicators of live quotes and publish them on indicators/NAME/SID.

    Each quote of which an indicator has a value becomes one message, such as on
    indicators/sma-20/GOOG. An algorithm receives them by returning indicators/sma-20/+ from
    initialize.
    """
    names = [each.name for each in _made(specs)]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise ReadOptionError("--indicator", specs[place], "it is there twice")
    serve(
        "indicators",
        Indicators(lambda: _made(specs)),
        ", ".join(names),
        "indicators/#",
        taken_access(options),
        channel,
        session or "market-data-indicators",
        state,
        http,
    )


def _made(specs: Sequence[str]) -> list[Indicator[Any]]:
    made = []
    for spec in specs:
        try:
            made.append(parse(spec))
        except SettingError as error:
            raise ReadOptionError("--indicator", spec, str(error)) from error
    return made

"""`market-data bars`."""

from __future__ import annotations

from itertools import islice
from typing import Any

import click

from market_data.bars.interval import parse_interval
from market_data.commands.deriving import deriving_options, report, serve
from market_data.derive.bars import Bars
from market_data.mqtt.options import taken_access
from telemetry.options import HttpAddress

_MAX_LINES = 20
"""Of what was odd, at the end."""


@click.command("bars")
@click.option(
    "--every",
    metavar="INTERVAL",
    required=True,
    envvar="MARKET_DATA_EVERY",
    show_envvar=True,
    help="How long a bar is: 30s, 1m, 5m, 1h, 1d, 1w.",
)
@click.option(
    "--empty",
    type=click.Choice(["skip", "fill"]),
    envvar="MARKET_DATA_EMPTY",
    show_envvar=True,
    default="skip",
    show_default=True,
    help="Whether an interval without a quote gets a bar of the last close.",
)
@deriving_options("market-data-bars- and the interval")
def bars_command(
    every: str,
    empty: str,
    channel: tuple[str, ...],
    state: str | None,
    session: str | None,
    http: HttpAddress | None,
    **options: Any,
) -> None:
    """Make bars of live quotes and publish them on bars/INTERVAL/SID.

    A bar is a quote with open, high, low and close, and the volume of its interval. The times of
    the quotes alone decide: a bar is published at the first quote of its instrument that is of a
    later interval. The last bar of an instrument stays open until then.
    """
    interval = parse_interval(every, "--every")
    bars = Bars(interval, fill=empty == "fill")
    serve(
        "bars",
        bars,
        f"bars of {interval.name}",
        f"bars/{interval.name}/#",
        taken_access(options),
        channel,
        session or f"market-data-bars-{interval.name}",
        state,
        http,
    )
    if unfinished := bars.unfinished():
        what = "bar is" if unfinished == 1 else "bars are"
        kept = "kept in the state" if state else "lost"
        report(f"{unfinished} {what} not complete: what there is so far is {kept}")
    for line in islice(bars.lines(), _MAX_LINES):
        report(line)

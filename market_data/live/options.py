"""Options of live sources; one that several share is declared here."""

from __future__ import annotations

from typing import Any

import click

from market_data.durations import read_duration

_ENVIRONMENT = "MARKET_DATA"


def source_option(flag: str, **settings: Any) -> click.Option:
    """Return an option that may be given by a variable, too."""
    variable = flag.removeprefix("--").replace("-", "_").upper()
    settings |= {"envvar": f"{_ENVIRONMENT}_{variable}", "show_envvar": True}
    return click.Option([flag], **settings)


EVERY = source_option(
    "--every",
    metavar="DURATION",
    callback=read_duration,
    default="1s",
    show_default=True,
    help="How often to ask for new rows, or an exchange without a stream for trades.",
)

SYMBOL = source_option(
    "--symbol",
    metavar="TEXT",
    multiple=True,
    help="What is traded, such as BTC/USDT or AAPL; repeatable.",
)

"""The command `algo-service watch`."""

from __future__ import annotations

from typing import Any

import click

from algo_service.errors import AlgoServiceError
from market_data.mqtt.options import mqtt_options, taken_access
from telemetry.options import HttpAddress, http_option


@click.command()
@mqtt_options("ALGO_SERVICE")
@http_option("ALGO_SERVICE")
def watch(http: HttpAddress | None, **options: Any) -> None:
    """Show what algorithms do: in a terminal a live table, elsewhere a short line per event.

    Equity and profit beside an order are those of its own quote, or of the first portfolio after
    it, never of one before it. The last quote comes from an order or a position.
    """
    from algo_service.watch import command
    from market_data import FeedError

    try:
        command.run(taken_access(options), http)
    except FeedError as error:
        raise AlgoServiceError(str(error)) from error

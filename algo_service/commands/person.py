"""The commands of a person: `algo-service halt`, `resume`, `reset` and `flatten`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from algo_service.errors import AlgoServiceError, OperatorError
from market_data.mqtt.options import mqtt_options, taken_access

if TYPE_CHECKING:
    from algo_service.operator.command import Verb

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _options(function: _Function) -> _Function:
    for option in (
        mqtt_options("ALGO_SERVICE"),
        click.option("--by", metavar="TEXT", help="Who asks, in place of user@host."),
        click.option("--reason", metavar="TEXT", help="Why, for the records."),
        click.argument("name"),
    ):
        function = option(function)
    return function


@click.command()
@_options
def halt(**options: Any) -> None:
    """Stop the algorithm NAME from buying, until `resume`.

    Its sales go on. Buys that wait for their next quote are cancelled.
    """
    _ask("halt", **options)


@click.command()
@_options
def resume(**options: Any) -> None:
    """Let the algorithm NAME buy again after a halt.

    Buying that a limit has stopped goes on after `reset`.
    """
    _ask("resume", **options)


@click.command()
@_options
def reset(**options: Any) -> None:
    """Let the algorithm NAME buy again after a limit has stopped it.

    A halt of a person stays in force.
    """
    _ask("reset", **options)


@click.command()
@_options
def flatten(**options: Any) -> None:
    """Stop the algorithm NAME from buying, and sell all that it holds.

    Each sale fills at the next trusted quote of its instrument.
    """
    _ask("flatten", **options)


def _ask(verb: Verb, *, name: str, reason: str | None, by: str | None, **options: Any) -> None:
    from algo_service import figures
    from algo_service.operator.client import Client
    from algo_service.operator.command import command
    from market_data import FeedError, Stop

    asked = command(verb, name, reason, by)
    stop = Stop()
    try:
        with stop.on_signals():
            reply = Client(taken_access(options), asked).ask(stop)
    except FeedError as error:
        raise AlgoServiceError(str(error)) from error
    if reply.outcome == "refused":
        raise OperatorError(reply.text)
    click.echo(reply.text)
    for sale in reply.waiting:
        quantity = figures.quantity(sale.quantity)
        click.echo(f"waits: sell {quantity} of {sale.sid} at its next quote ({sale.order_id})")

"""The command `algo-service algos`: the built-in algorithms, or those at a broker."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from algo_service.errors import AlgoServiceError, OperatorError
from algo_service.parameters import SEED, Parameter
from market_data.errors import FeedError
from market_data.mqtt.options import mqtt_options, taken_access_if_given
from portfolio import PARAMETERS
from portfolio.nearest import did_you_mean
from telemetry.terminal import say

if TYPE_CHECKING:
    from market_data.mqtt.access import BrokerAccess
    from market_data.stopping import Stop


@click.command()
@mqtt_options(
    "ALGO_SERVICE",
    metavar="URL",
    help="Show the algorithms at this broker instead: mqtt://[user:password@]host[:port], or"
    " mqtts:// for TLS.",
)
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@click.argument("words", metavar="[forget NAME]", nargs=-1)
def algos(as_json: bool, words: tuple[str, ...], **options: Any) -> None:
    """List the built-in algorithms with their parameters, or with --mqtt those at a broker.

    `forget NAME` removes one from the broker: it is not announced any more, its bridge ends its
    route, and quotes that wait for it are dropped. Its journal stays.
    """
    try:
        access = taken_access_if_given(options, "mqtt")
        if words:
            _forget(access, words, as_json)
        elif access:
            _list(access, as_json)
        elif as_json:
            raise click.UsageError("--json needs --mqtt")
        else:
            for line in _lines():
                click.echo(line)
    except FeedError as error:
        raise AlgoServiceError(str(error)) from error


def _list(access: BrokerAccess, as_json: bool) -> None:
    from algo_service.discovery import listing
    from algo_service.discovery.directory import Directory
    from market_data import Stop

    stop = Stop()
    directory = Directory(access, stop)
    with _interruptible(stop):
        try:
            directory.read()
            directory.ask(set(directory.claims), listing.ANSWER)
        finally:
            directory.close()
    for sentence in directory.ignored:
        say(sentence, err=True)
    if as_json:
        say(listing.as_json(directory))
    elif directory.names:
        for line in listing.table(directory):
            say(line)
    else:
        click.echo(f"no algorithm is announced at the broker at {access.address}", err=True)


def _forget(access: BrokerAccess | None, words: tuple[str, ...], as_json: bool) -> None:
    from algo_service.discovery.forget import forget
    from market_data import Stop

    if words[0] != "forget":
        raise click.UsageError(f'"{words[0]}" is not known{did_you_mean(words[0], ["forget"])}')
    if len(words) != 2:
        raise click.UsageError("forget takes the name of one algorithm")
    if as_json:
        raise click.UsageError("--json is for the list")
    if access is None:
        raise click.UsageError("forget needs --mqtt")
    stop = Stop()
    with _interruptible(stop):
        bridge = forget(access, words[1], stop)
    say(f"{words[1]} is forgotten")
    if bridge:
        click.echo(
            f"a bridge goes on serving it, because it was told the address ({bridge}): its session"
            " and its portfolio stay at the broker"
        )


@contextmanager
def _interruptible(stop: Stop) -> Iterator[None]:
    from market_data.stopping import Interrupted

    try:
        with stop.on_signals():
            yield
    except Interrupted:
        raise OperatorError("ended before the broker had answered") from None


def _lines() -> Iterator[str]:
    """Yield each algorithm's rule and own parameters, then the common parameters."""
    from algo_service.algorithms import BUILT_IN

    common = {parameter.name for parameter in (*PARAMETERS, SEED)}
    for name, algorithm in BUILT_IN.items():
        rule = (inspect.getdoc(algorithm) or "").splitlines()[0]
        yield f"{name}: {rule}"
        own = [each for each in algorithm.PARAMETERS if each.name not in common]
        yield from _table(own)
        sizing = next((each for each in algorithm.PARAMETERS if each.name == "sizing"), None)
        yield f"  sizing is {sizing.default} by default" if sizing else "  takes no sizing"
        yield ""
    yield "All of them take:"
    yield from _table((*PARAMETERS, SEED))


def _table(parameters: Iterable[Parameter]) -> Iterator[str]:
    for each in parameters:
        default = "" if each.default is None else f"{each.default}"
        yield f"  {each.name:<21}{default:<16}{each.help}"
        yield f"  {'':<37}{each.range[0].upper()}{each.range[1:]}."

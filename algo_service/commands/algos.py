"""The command `algo-service algos`: the built-in algorithms and their parameters."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator

import click

from algo_service.parameters import SEED, Parameter
from portfolio import PARAMETERS


@click.command()
def algos() -> None:
    """List the built-in algorithms with their parameters."""
    for line in _lines():
        click.echo(line)


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

"""Several algorithms over the same data, each with the parameters that it declares."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from algo_service.errors import AlgoServiceError
from algo_service.loader import load
from algo_service.parameters import SEED
from portfolio import STARTING_CASH, ParameterError
from portfolio.nearest import did_you_mean


def shares(algos: Sequence[str], params: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return which of the parameters each algorithm gets: those that it declares.

    All get the same seed. An algorithm that declares nothing gets all.

    :param algos: what `--algo` takes.
    :raises AlgoServiceError: if one is given twice.
    :raises ParameterError: if none of them declares a parameter.
    """
    twice = next((each for n, each in enumerate(algos) if each in algos[:n]), None)
    if twice is not None:
        raise AlgoServiceError(f"{twice} is given twice: with the same parameters it does the same")
    known = [_known(algo) for algo in algos]
    if all(names is not None for names in known):
        everything = {name for names in known if names for name in names}
        for name in params:
            if name not in everything:
                near = did_you_mean(name, everything)
                raise ParameterError(f'none of {", ".join(algos)} has a parameter "{name}"{near}')
    given = {SEED.name: secrets.randbelow(2**32), **params}
    return [
        {name: value for name, value in given.items() if names is None or name in names}
        for names in known
    ]


def labels(algos: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return what to call each: its name, or what `--algo` gives where two share one."""
    return [
        name if names.count(name) == 1 else algo for algo, name in zip(algos, names, strict=True)
    ]


def _known(algo: str) -> set[str] | None:
    """Return the names and aliases that an algorithm takes; None if it takes any."""
    _name, create = load(algo)
    declared = getattr(create, "PARAMETERS", None)
    if declared is None:
        return None
    return {
        name for each in (STARTING_CASH, SEED, *declared) for name in (each.name, *each.aliases)
    }

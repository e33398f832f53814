"""Parameters: declared by an algorithm, given in layers, merged and checked once."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from algo_service.errors import ParameterError
from algo_service.nearest import did_you_mean


@dataclass(frozen=True)
class Parameter:
    """One parameter of an algorithm: a number with a default and a range."""

    name: str
    default: float | None
    """None: there is none, or it is drawn."""
    help: str
    minimum: float = -math.inf
    maximum: float = math.inf
    whole: bool = False
    aliases: tuple[str, ...] = ()

    def read(self, params: Mapping[str, Any]) -> Any:
        """Return this parameter's value in `params`, checked, or its default.

        :raises ParameterError: if the value is not a number of its range.
        """
        value = params.get(self.name, self.default)
        if value is None and self.default is None:
            return None
        right_type = isinstance(value, int) or (isinstance(value, float) and not self.whole)
        if isinstance(value, bool) or not right_type or not self.minimum <= value <= self.maximum:
            raise ParameterError(f"parameter {self.name} is {value!r}: it has to be {self.range}")
        return value

    @property
    def range(self) -> str:
        """What is allowed, as a phrase."""
        kind = "a whole number" if self.whole else "a number"
        if math.isinf(self.minimum) and math.isinf(self.maximum):
            return kind
        if math.isinf(self.maximum):
            return f"{kind} of at least {self.minimum:g}"
        return f"{kind} from {self.minimum:g} to {self.maximum:g}"


STARTING_CASH = Parameter(
    "starting_cash",
    10000,
    "The cash that the portfolio starts with.",
    minimum=0,
    maximum=1e15,
    aliases=("cash",),
)
SEED = Parameter(
    "seed",
    None,
    "Of the random generator; drawn, said and kept where it is missing.",
    minimum=0,
    maximum=2**53,
    whole=True,
)


def merge(
    declared: Iterable[Parameter] | None, *layers: Mapping[str, Any], seed: int
) -> dict[str, Any]:
    """Merge the declared defaults and each layer, the later ones over the earlier ones.

    :param declared: what the algorithm declares; None if it declares nothing, so that any name
        is taken.
    :param layers: maps from names (or their aliases) to values.
    :param seed: the one to use where no layer gives any.
    :return: the values by name; of the common `starting_cash` and `seed` checked in every case.
    :raises ParameterError: for a name that is not declared (if any are), a value that is not
        allowed, or two names of one parameter with different values in one layer.
    """
    own = {parameter.name: parameter for parameter in declared or ()}
    known = {STARTING_CASH.name: STARTING_CASH, SEED.name: SEED, **own}
    names = {alias: p.name for p in known.values() for alias in (p.name, *p.aliases)}
    merged = {name: p.default for name, p in own.items() if p.default is not None}
    for layer in layers:
        given: dict[str, Any] = {}
        for key, value in layer.items():
            if declared is not None and key not in names:
                raise ParameterError(f'unknown parameter "{key}"{did_you_mean(key, names)}')
            name = names.get(key, key)
            if name in given and given[name] != value:
                raise ParameterError(
                    f"parameter {name} is given twice: {given[name]!r} and, as {key}, {value!r}"
                )
            given[name] = value
        merged.update(given)
    if merged.get(SEED.name) is None:
        merged[SEED.name] = seed
    for parameter in known.values():
        parameter.read(merged)
    return merged

"""Parameters: their declaration, the common seed, and how layers of them are merged.

`Parameter` is defined in `portfolio`, which declares parameters too and imports nothing of the
project.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from portfolio import PARAMETERS, STARTING_CASH, Parameter, ParameterError
from portfolio.nearest import did_you_mean
from portfolio.reals import is_real, is_whole, real

__all__ = ["SEED", "Parameter", "TrackedParameters", "merge", "renamed"]

SEED = Parameter(
    "seed",
    None,
    "Of the random generator; if it is missing, one is drawn, logged and kept.",
    minimum=0,
    maximum=2**53,
    whole=True,
)

_NAMES = {
    name: (each.name, *each.aliases)
    for each in PARAMETERS
    if each.aliases
    for name in (each.name, *each.aliases)
}
"""All names of a common parameter, by each of them."""


def merge(
    declared: Iterable[Parameter] | None,
    *layers: Mapping[str, Any],
    seed: int,
    stored: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Merge the declared defaults and each layer, the later ones over the earlier ones.

    :param declared: what the algorithm declares; None if it declares nothing: then any name is
        accepted.
    :param layers: maps from names (or their aliases) to values.
    :param seed: used if no layer gives a seed.
    :param stored: the parameters in a journal: they replace the defaults, because another version
        may have had other defaults.
    :return: the values by name, numbers as int or float; always with the common `starting_cash` and
        `seed`.
    :raises ParameterError: for a name that is not declared (if any are), a value that is not
        allowed, or two names of one parameter with different values in one layer.
    """
    own = {parameter.name: parameter for parameter in _checked(declared)}
    known = {STARTING_CASH.name: STARTING_CASH, SEED.name: SEED, **own}
    names = {alias: p.name for p in known.values() for alias in (p.name, *p.aliases)}
    merged = {name: p.default for name, p in known.items() if p.default is not None}
    if stored is not None:
        merged, layers = {}, (stored, *layers)
    for layer in layers:
        given: dict[str, Any] = {}
        for key, value in layer.items():
            if declared is not None and key not in names:
                raise ParameterError(f'unknown parameter "{key}"{did_you_mean(key, names)}')
            name = names.get(key) or _given_name(key, merged, given)
            if name not in known:  # a known parameter reads its own value, below
                value = _plain(key, value)
            if name in given and given[name] != value:
                raise ParameterError(
                    f"parameter {name} is given twice: {given[name]!r} and, as {key}, {value!r}"
                )
            given[name] = value
        merged.update(given)
    if merged.get(SEED.name) is None:
        merged[SEED.name] = seed
    for parameter in known.values():
        value = parameter.read(merged)
        if parameter.name in merged:
            merged[parameter.name] = value
    return merged


def renamed(declared: Iterable[Parameter] | None, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters that were merged before, each by the name that it has now."""
    names = {alias: each.name for each in _checked(declared) for alias in each.aliases}
    return {names.get(name, name): value for name, value in parameters.items()}


def _given_name(key: str, *layers: Mapping[str, Any]) -> str:
    """Return the name by which layers before have given a parameter; an alias replaces no value."""
    others = (name for name in _NAMES.get(key, ()) if any(name in layer for layer in layers))
    return next(others, key)


def _checked(declared: Iterable[Parameter] | None) -> list[Parameter]:
    """Return the parameters that an algorithm declares.

    :raises ParameterError: if its author declared something else.
    """
    listed = list(declared) if isinstance(declared, Iterable) else declared
    if listed is None:
        return []
    if not isinstance(listed, list) or not all(isinstance(each, Parameter) for each in listed):
        raise ParameterError(
            f"PARAMETERS is {declared!r:.80}: it has to be a list of parameters, such as"
            ' [Parameter("period", 14, "bars in the mean", minimum=1, whole=True)]'
        )
    return listed


def _plain(key: str, value: Any) -> Any:
    """Return a number as an int or a float: parameters are sent and stored as JSON."""
    if not is_real(value):
        return value
    try:
        return int(value) if is_whole(value) else real(value, f"parameter {key}")
    except ValueError as error:
        raise ParameterError(str(error)) from None


class TrackedParameters(dict[str, Any]):
    """Parameters that record which of them were read.

    A parameter that an algorithm without declared parameters never reads may be misspelt; the
    driver logs it.
    """

    def __init__(self, parameters: Mapping[str, Any]):
        super().__init__(parameters)
        self._unread = set(parameters)

    @property
    def unread(self) -> list[str]:
        """The names that were never read."""
        return sorted(self._unread)

    def __getitem__(self, name: str) -> Any:
        self._unread.discard(name)
        return super().__getitem__(name)

    def __missing__(self, name: str) -> Any:
        for other in _NAMES.get(name, ()):
            if super().__contains__(other):
                return self[other]
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        if super().__contains__(name):
            return True
        names = _NAMES.get(name, ()) if isinstance(name, str) else ()
        return any(super(TrackedParameters, self).__contains__(other) for other in names)

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value, or `default`."""
        try:
            return self[name]
        except KeyError:
            return default

    def __iter__(self) -> Iterator[str]:
        self._unread.clear()
        return super().__iter__()

    def keys(self) -> Any:
        """Return all names."""
        self._unread.clear()
        return super().keys()

    def items(self) -> Any:
        """Return all names and values."""
        self._unread.clear()
        return super().items()

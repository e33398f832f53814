"""What is kept of an algorithm: what its own `save` returns, or what it lists in `SAVED`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from algo_service.errors import InitializeError
from portfolio.nearest import did_you_mean

log = logging.getLogger(__name__)

LIST = "SAVED"
METHODS = ("save", "load")

KEPT_ANYWAY = ("portfolio", "publications")


class Keeper(Protocol):
    """What saves an algorithm and loads it again: the algorithm itself, or `ListedState`."""

    def save(self) -> Any:
        """Return the state, which `journal.codec` can encode."""
        ...

    def load(self, data: Any) -> None:
        """Take on a state that `save` returned."""
        ...


class ListedState:
    """Saves the attributes that an algorithm lists.

    One that has `save` and `load` itself, such as an indicator, is saved by them; any other one has
    to be plain data.
    """

    def __init__(self, algorithm: Any, names: tuple[str, ...]) -> None:
        self._algorithm, self._names = algorithm, names

    def save(self) -> dict[str, Any]:
        """Return the attributes by their names."""
        values = ((name, getattr(self._algorithm, name)) for name in self._names)
        return {name: value.save() if _saves(value) else value for name, value in values}

    def load(self, data: Mapping[str, Any]) -> None:
        """Take on the state that `save` returned."""
        for name in self._names:
            if name not in data:
                log.warning("the state that was kept has no %s: it begins anew", name)
                continue
            value = getattr(self._algorithm, name)
            if _saves(value):
                value.load(data[name])
            else:
                setattr(self._algorithm, name, data[name])


def is_restorable(create: Callable[[], Any]) -> bool:
    """Whether an algorithm has `save` and `load`, or lists what is kept."""
    return _saves(create) or getattr(create, LIST, None) is not None


def keeper(create: Callable[[], Any], algorithm: Any) -> Keeper | None:
    """Return what keeps the state of an algorithm; None if it keeps none.

    :param create: what made it, such as its class.
    :param algorithm: after its `initialize`.
    :raises InitializeError: if it lists what it does not have, or has `save` and `load`, too.
    """
    listed = getattr(create, LIST, None)
    if listed is None:
        return algorithm if _saves(create) else None
    if not isinstance(listed, tuple | list) or not all(isinstance(each, str) for each in listed):
        raise InitializeError(
            f"{LIST} is {listed!r:.80}: it has to be a tuple of names of attributes, such as"
            ' ("rsi",)'
        )
    if any(callable(getattr(create, method, None)) for method in METHODS):
        raise InitializeError(
            f"there is {LIST}, and save or load as well: keep the state by one of them"
        )
    for name in listed:
        if name in KEPT_ANYWAY:
            raise InitializeError(f'{LIST} lists "{name}", which is kept anyway: leave it out')
        if not hasattr(algorithm, name):
            raise InitializeError(
                f'{LIST} lists "{name}", and initialize has set no such attribute'
                f"{did_you_mean(name, vars(algorithm))}"
            )
    return ListedState(algorithm, tuple(listed))


def _saves(value: Any) -> bool:
    return all(callable(getattr(value, method, None)) for method in METHODS)

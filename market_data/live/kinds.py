"""The kinds of live sources: those of this package, and of others that are installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import entry_points
from typing import Any

import click
from click.core import ParameterSource

from market_data.errors import FeedError
from market_data.live.source import Source, SourceKind

GROUP = "tickwire.sources"


class SourcePackageError(FeedError):
    """An entry point that cannot be used."""

    def __init__(self, entry: str, reason: str):
        super().__init__(f"the entry point {entry} of {GROUP} cannot be used: {reason}")
        self.entry = entry


def find_kinds() -> dict[str, SourceKind]:
    """Return the kinds by the names of their entry points, in the order of the names.

    :raises SourcePackageError: if an entry point cannot be loaded, or names something else.
    """
    kinds = {}
    for entry in sorted(entry_points(group=GROUP)):
        shown = f"{entry.name} = {entry.value}"
        try:
            kind = entry.load()
        # whatever the module of another package raises
        except Exception as error:
            raise SourcePackageError(shown, f"{type(error).__name__}: {error}") from error
        if not isinstance(kind, SourceKind):
            raise SourcePackageError(shown, f"it is a {type(kind).__name__}, and no SourceKind")
        kinds[entry.name] = kind
    return kinds


def options_of(kinds: Mapping[str, SourceKind]) -> Iterator[click.Option]:
    """Yield the options of all kinds, each name once."""
    names = set()
    for kind in kinds.values():
        for option in kind.options:
            if option.name not in names:
                names.add(option.name)
                yield option


def make_source(
    kinds: Mapping[str, SourceKind], values: Mapping[str, Any], notify: Callable[[str], None]
) -> Source:
    """Return the source that the options pick.

    :param values: of the options of all kinds, by name.
    :raises UsageError: if they pick none, or several, or options of another one are given.
    :raises FeedError: if the kind refuses their values.
    """
    picked = [kind for kind in kinds.values() if values[_name(kind.options[0])]]
    # a variable may be meant for other commands
    picked = [kind for kind in picked if _is_on_command_line(kind.options[0])] or picked
    if len(picked) != 1:
        flags = " or ".join(kind.options[0].opts[0] for kind in kinds.values())
        raise click.UsageError(f"expected one source: {flags or 'none is installed'}.")
    (kind,) = picked
    own = [_name(option) for option in kind.options]
    for option in options_of(kinds):
        if _name(option) not in own and _is_on_command_line(option):
            raise click.UsageError(
                f"{option.opts[0]} is not for the source of {kind.options[0].opts[0]}."
            )
    return kind.make({name: values[name] for name in own}, notify)


def _name(option: click.Option) -> str:
    return str(option.name)


def _is_on_command_line(option: click.Option) -> bool:
    source = click.get_current_context().get_parameter_source(_name(option))
    return source is ParameterSource.COMMANDLINE

"""The commands of a group, of which only the one that runs is imported."""

from __future__ import annotations

from collections import UserDict
from importlib import import_module
from typing import Any

import click


class ImportedCommands(UserDict[str, Any]):
    """The commands of a click group by name; each is imported when it is asked for.

    Made of what holds them, as `package.module:attribute`. Imports are most of the time that a
    command takes to start.
    """

    def __getitem__(self, name: str) -> click.Command:
        """Import a command; KeyError if the group has none of that name."""
        module, _, attribute = self.data[name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

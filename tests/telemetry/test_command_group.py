"""A command is imported when it is asked for, and no other with it."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from algo_service.commands.main import cli as algo_service
from market_data.commands.main import main as market_data

LOADED = """
import sys
from {package}.commands.main import {group} as group
group.main([{name!r}, "--help"], standalone_mode=False)
print(*(name for name in sys.modules if name in {modules!r}), file=sys.stderr)
"""


def modules_of(group: click.Group) -> dict[str, str]:
    """The module of each command."""
    return {name: command.callback.__module__ for name, command in group.commands.items()}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("package", "group", "name"),
    [("market_data", "main", "samples"), ("algo_service", "cli", "journal")],
)
def test_a_command_imports_no_other(package: str, group: str, name: str) -> None:
    modules = modules_of({"main": market_data, "cli": algo_service}[group])
    code = LOADED.format(package=package, group=group, name=name, modules={*modules.values()})
    ended = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True)
    assert ended.returncode == 0, ended.stderr
    assert ended.stderr.split() == [modules[name]]


@pytest.mark.parametrize("group", [algo_service, market_data])
def test_each_command_is_found_under_the_name_that_its_help_shows(group: click.Group) -> None:
    assert {name: command.name for name, command in group.commands.items()} == {
        name: name for name in group.commands
    }


@pytest.mark.parametrize("group", [algo_service, market_data])
def test_a_misspelt_command_gets_the_nearest_name(group: click.Group) -> None:
    name = next(iter(group.commands))
    with pytest.raises(click.UsageError, match=f"Did you mean '{name}'"):
        group.main([name + "x"], standalone_mode=False)

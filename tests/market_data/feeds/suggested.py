"""The options that an error leads to, read as a shell and the commands read them."""

from __future__ import annotations

import shlex
from typing import Any

import click

from market_data import ReadOptions
from market_data.commands.read_options import read_options, taken


@click.command()
@read_options()
def _command(**options: Any) -> ReadOptions:
    return taken(options)


def options_of(line: str) -> ReadOptions:
    """Return the options of a command line; click's UsageError if it is none."""
    read: ReadOptions = _command.main(shlex.split(line), standalone_mode=False)
    return read


def suggested(error: Exception) -> ReadOptions:
    """Return the options that the sentence of an error ends with."""
    return options_of(str(error).rpartition("; expected ")[2])

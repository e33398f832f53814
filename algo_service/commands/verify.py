"""The command `algo-service verify`."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Any

import click

from algo_service.commands.options import PARAM


@click.command()
@click.argument("journal", type=click.Path(path_type=Path))
@click.option(
    "--algo",
    metavar="NAME",
    help="Another algorithm or another version of it: a built-in name, package.module:Class or"
    " path/to/file.py:Class, which is code and runs with all your rights. By default the one that"
    " the journal names.",
)
@click.option(
    "--param",
    "params",
    type=PARAM,
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter in place of that of the journal.",
)
@click.option(
    "--report",
    metavar="FILE.html",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page with the differences and a chart of both equities.",
)
def verify(
    journal: Path, algo: str | None, params: tuple[tuple[str, Any], ...], report: Path | None
) -> None:
    """Run the inputs of a journal again, and compare every order and fill, byte for byte.

    The journal names the algorithm, whose code is run: give --algo for a journal of somebody else.

    With --algo or --param it shows where another version would have decided otherwise. The exit
    status is 1 if there is a difference.
    """
    from algo_service.verify import command

    # to log each quote would take longer than the rest
    logging.basicConfig(level="ERROR", format="%(message)s")
    if not command.run(journal, algo, dict(params), report):
        sys.exit(1)

"""Lines on a terminal that hold what others have written: ids, instruments, reasons."""

from __future__ import annotations

from typing import Any

import click

from telemetry.addresses import without_passwords
from telemetry.log_text import escaped


def say(line: str, *, err: bool = False, **style: Any) -> None:
    """Print one line; no character of it ends the line or controls the terminal.

    :param err: on stderr.
    :param style: as click's `secho` takes it.
    """
    click.secho(escaped(line), err=err, **style)


class Commands(click.Group):
    """A group of commands whose sentences about wrong words show no password of them."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            # a word that is too much, or the value of an option, may be an address with a password
            sentence = escaped(without_passwords(error.format_message()))
            raise click.UsageError(sentence, error.ctx) from None

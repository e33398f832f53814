"""The command `algo-service journal`."""

from __future__ import annotations

from pathlib import Path

import click

from algo_service.errors import JournalError
from telemetry.terminal import say


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--orders", is_flag=True, help="Print the orders instead, as JSON lines.")
@click.option(
    "--backup",
    metavar="COPY",
    type=click.Path(path_type=Path),
    help="Copy it into this new file instead, as of one moment. A plain copy of FILE misses what is"
    " in FILE-wal.",
)
def journal(file: Path, orders: bool, backup: Path | None) -> None:
    """Show what is in a journal, or copy it, also while a service writes it.

    Of a folder its journals are listed.
    """
    from algo_service.journal import backup as journal_backup
    from algo_service.journal import folder as journal_folder
    from algo_service.journal import mark as journal_mark
    from algo_service.journal import report as journal_report

    if orders and backup:
        raise click.UsageError("--orders prints and --backup copies: give one of them")
    if file.is_dir():
        lines = journal_folder.listing(file)
        if orders or backup:
            found = "; ".join(lines)
            raise JournalError(f"{file} is a folder: name one of its journals; there is {found}")
        for line in lines:
            say(line)
        return
    if backup:
        decisions = journal_backup.backup(file, backup)
        say(f"copied {file} with {decisions} decisions to {backup}")
        return
    for line in journal_report.orders(file) if orders else journal_report.summary(file):
        say(line)
    missing = journal_mark.incomplete(file)
    if missing:
        say(f"this is not all: {missing}", fg="yellow", err=True)

"""`market-data samples`."""

from __future__ import annotations

import click

from market_data.samples import SAMPLES


@click.command("samples")
def list_samples() -> None:
    """List the price history that is shipped, with its interval and its source."""
    rows = [
        (
            sample.name,
            sample.description,
            f"{sample.rows} rows",
            f"{sample.first} to {sample.last}",
            sample.interval,
            sample.source,
        )
        for sample in SAMPLES.values()
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())

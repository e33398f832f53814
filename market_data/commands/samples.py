"""`market-data samples`."""

from __future__ import annotations

import click

from market_data.samples import SAMPLES


@click.command("samples")
def list_samples() -> None:
    """List the price history that is shipped."""
    for sample in SAMPLES.values():
        click.echo(
            f"{sample.name}  {sample.description}"
            f"  {sample.rows} rows  {sample.first} to {sample.last}"
        )

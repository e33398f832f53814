"""The command `algo-service keys`: makes the keys of CURVE."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def keys() -> None:
    """Make the keys by which services and their clients know one another (CURVE).

    Each part gets its own folder by --curve-keys, and no other one.
    """


@keys.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Make DIR/server: the keys of a service, which admits nobody yet."""
    from algo_service.rpc.curve.keys import init

    server = init(folder)
    click.echo(f"made {server}, for algo-service serve --curve-keys {server}")
    click.echo(f"it admits nobody yet: algo-service keys add {folder} bridge")


@keys.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("name")
def add(folder: Path, name: str) -> None:
    """Make DIR/NAME: the keys of a client, which the services with DIR/server admit.

    They admit it from now on, without a restart. To end that, remove DIR/server/clients/NAME.key.
    """
    from algo_service.rpc.curve.keys import add

    client = add(folder, name)
    click.echo(f"made {client}, for --curve-keys {client} of the client, such as bridge-node")

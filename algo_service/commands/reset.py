"""The command `algo-service reset`."""

from __future__ import annotations

import click


@click.command(context_settings={"show_default": True})
@click.option(
    "--addr",
    default="tcp://127.0.0.1:4242",
    envvar="ALGO_SERVICE_ADDR",
    show_envvar=True,
    help="Address of the service.",
)
def reset(addr: str) -> None:
    """Allow a service to buy again after a limit stopped it."""
    from algo_service.rpc import client as resetting

    halt = resetting.reset(addr)
    click.echo(f"reset: {halt}" if halt else "nothing to reset: no limit has stopped its buying")

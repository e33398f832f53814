"""The options of `algo-service serve` that announce it at a broker."""

from __future__ import annotations

import socket
from typing import Any

import click
from click.core import ParameterSource

from algo_service.commands.options import Command
from algo_service.discovery.announcement import Announcement
from algo_service.errors import AlgoServiceError
from algo_service.rpc.address import EVERY_HOST, is_reachable, tcp_address
from market_data.errors import FeedError
from market_data.mqtt.options import mqtt_options, taken_access_if_given


def announce_options(command: Command) -> Command:
    """Add `--announce`, the options of reaching its broker, and `--advertise`."""
    command = click.option(
        "--advertise",
        metavar="ADDRESS",
        envvar="ALGO_SERVICE_ADVERTISE",
        show_envvar=True,
        help="The address at which others reach this service, such as tcp://algo:4242; by default"
        " that of --addr, with the name of this host for every address.",
    )(command)
    options = mqtt_options(
        "ALGO_SERVICE",
        url="announce",
        metavar="URL",
        help="Announce the algorithm at this broker, so that bridges and people find it.",
    )
    return options(command)


def taken_announcement(options: dict[str, Any], addr: str) -> Announcement | None:
    """Take them out of a command's keywords; None if the service is not to be announced.

    :param addr: where the service listens.
    :raises UsageError: if one is given on the command line that needs `--announce`.
    :raises AlgoServiceError: if the broker or the address is not valid.
    """
    advertise = options.pop("advertise") or None
    try:
        access = taken_access_if_given(options, "announce")
    except FeedError as error:
        raise AlgoServiceError(str(error)) from error
    if access:
        return Announcement(access, _advertised(advertise, addr))
    source = click.get_current_context().get_parameter_source("advertise")
    if advertise and source is ParameterSource.COMMANDLINE:
        raise click.UsageError("--advertise needs --announce")
    return None


def _advertised(advertise: str | None, addr: str) -> str:
    if advertise:
        if not is_reachable(advertise):
            raise AlgoServiceError(
                f'--advertise is "{advertise}": others reach a service at tcp://host:port, such as'
                " tcp://algo:4242"
            )
        return advertise
    found = tcp_address(addr)
    if found and found.host in EVERY_HOST:
        addr = f"tcp://{socket.gethostname()}:{found.port}"
    if not is_reachable(addr):
        raise AlgoServiceError(
            f'others cannot reach this service at its --addr "{addr}": give --advertise'
            " tcp://host:port"
        )
    return addr

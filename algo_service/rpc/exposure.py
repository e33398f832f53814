"""Whether others than this machine reach a service that does not ask who they are."""

from __future__ import annotations

import ipaddress
import logging
import socket
from pathlib import Path

from algo_service.rpc.address import tcp_address

log = logging.getLogger(__name__)

_CONTAINER = (Path("/.dockerenv"), Path("/run/.containerenv"))
"""Docker and Podman make one of these."""


def warn_if_exposed(address: str) -> None:
    """Log that everybody who reaches the address can use the service, if others may reach it.

    In a container that is no warning: the service has to listen beyond the container's loopback to
    be of use, and who reaches it is decided outside, by the network and by what is published.

    :param address: at which a service listens without CURVE.
    """
    if not is_exposed(address):
        return
    level = logging.INFO if any(file.exists() for file in _CONTAINER) else logging.WARNING
    log.log(
        level,
        "whoever reaches %s can give this service quotes and commands, and read its portfolio:"
        " --curve-keys admits clients by their keys",
        address,
    )


def is_exposed(address: str) -> bool:
    """Return whether a service that listens at this address can be reached from elsewhere."""
    found = tcp_address(address)
    if found is None:
        return False  # ipc://
    host = found.host
    if host == "lo":  # the name of an interface
        return False
    try:
        hosts = {str(each[4][0]) for each in socket.getaddrinfo(host, None)}
    except OSError:
        return True  # *, or another interface
    return not all(ipaddress.ip_address(each.partition("%")[0]).is_loopback for each in hosts)

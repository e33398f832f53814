"""Whom a request is for, and whose page it comes from."""

from __future__ import annotations

import re
from ipaddress import ip_address

# Ends of names that the public DNS does not have: RFC 6761, RFC 6762, `internal`, `corp` and
# `home` by decisions of ICANN, `svc` of Kubernetes, `lan` of many routers.
_PRIVATE = ("localhost", "local", "internal", "corp", "home", "svc", "lan")


def foreignness(host: str, origin: str | None, own: str) -> str:
    """Return why a request is not for this server, or is of another one's page; empty if neither.

    A website can have a name of its own resolve to this computer, and then read what is asked under
    it (DNS rebinding). Such a name is one of the public DNS: it has a dot, and is not an address.
    Names of a container or of a local network are nobody else's.

    :param host: the header, perhaps with a port.
    :param origin: the header; None if no page asked.
    :param own: a name that is this server's besides these.
    """
    name = re.sub(r":[0-9]+$", "", host.lower())
    if name != own.lower() and _is_public(name):
        return (
            f'the host "{host[:100]}" is not one of this server: ask by its address, or name it by'
            " --http"
        )
    if origin is not None and origin not in (f"http://{host}", f"https://{host}"):
        return f'a page of "{origin[:100]}" asked, and only this server\'s may'
    return ""


def _is_public(name: str) -> bool:
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return "." in name and name.rpartition(".")[2] not in _PRIVATE
    return False

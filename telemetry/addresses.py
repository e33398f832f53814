"""Addresses without their passwords, for lines that people and collectors of logs read."""

from __future__ import annotations

import re

# An address, or the part of one behind a mistake.
_ADDRESS = re.compile(
    r"(?:[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"]+?|[^\s'\"=]*:[^\s'\"]*@[^\s'\"]*?)"
    r"(?=[).,;:]*(?:[\s'\"]|$))"
)
_PASSWORD = re.compile(r"://[^/?]*:[^?]*@|[?&](?:\w*password|passwd|pwd)=")
_HOST_AND_PORT = re.compile(r"(\[[^\]]*\]|[^:/]*)(:[0-9]*)?(?=/|$)")


def without_password(url: str) -> str:
    """Return an address, well-formed or not, without user, password and options."""
    scheme, separator, rest = url.rpartition("://")
    # up to the last @, for a password may hold one; the query may hold one, too
    before, _, rest = rest.split("?", 1)[0].rpartition("@")
    if not before and not _HOST_AND_PORT.match(rest):
        # the host was forgotten, and the password is in the place of the port
        rest = rest.partition(":")[0]
    return scheme + separator + rest


def holds_password(url: str) -> bool:
    """Return whether an address of a database names a password."""
    return bool(_PASSWORD.search(url))


def without_passwords(text: str) -> str:
    """Return a sentence in which each address that may hold a password is without it."""
    return _ADDRESS.sub(lambda found: without_password(found[0]), text)

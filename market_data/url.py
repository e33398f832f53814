"""URLs, taken apart; no error shows one, for it may hold a password."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

from market_data.errors import AddressError


def split_url(url: str, schemes: Sequence[str], expected: str) -> tuple[SplitResult, int | None]:
    """Return the parts of a URL with one of these schemes, and its port, if it names one.

    :param expected: how it is written, for the error.
    :raises AddressError: if it has another form.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressError("the URL cannot be read", expected) from None
    if parts.scheme not in schemes:
        found = f'the scheme "{parts.scheme}"' if parts.scheme and "://" in url else "no scheme"
        raise AddressError(f"the URL has {found}", expected)
    if not parts.hostname or port == 0:
        raise AddressError(f"the URL has {'no host' if port != 0 else 'port 0'}", expected)
    return parts, port


def check_url(url: str, schemes: Sequence[str], expected: str) -> str:
    """Return the URL if it has one of these schemes, and no user; else raise AddressError."""
    parts, _port = split_url(url, schemes, expected)
    if parts.username is not None:
        raise AddressError("the URL names a user", expected)
    return url

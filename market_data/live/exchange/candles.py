"""Bars of an exchange, in the shape of its trades: numbered by the time at which they open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = Sequence[Any]
"""A bar of ccxt: when it opens, in ms; open, high, low, close, volume."""


def closed(rows: Sequence[Row], length: int) -> list[Mapping[str, Any]]:
    """Return what is closed of rows of ccxt, which do not tell: all but the newest one.

    :param length: of a bar, in ms.
    """
    found: list[Mapping[str, Any]] = []
    for at, opened, high, low, close, volume in rows[:-1]:
        book = {"open": opened, "high": high, "low": low, "close": close, "volume": volume}
        own = {"id": str(at // length), "timestamp": at, "price": close, "amount": volume}
        found.append({**own, "bar": book})
    return found

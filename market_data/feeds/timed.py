"""Quotes with their instants, a batch at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from market_data.feeds.quote import Quote

BATCH = 1024
"""Quotes that are read at once: enough to forget the cost per batch, few to keep in memory."""


class Timed(NamedTuple):
    """Quotes and their instants in nanoseconds since 1970, of equal length; None without a time."""

    times: Sequence[int | None]
    quotes: Sequence[Quote]

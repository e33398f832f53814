"""The span of time of which quotes are read."""

from __future__ import annotations

import math
from collections.abc import Iterator

from market_data.feeds import merge
from market_data.feeds.options import ReadOptions, read_span
from market_data.feeds.table import TableReader
from market_data.feeds.timed import Timed
from portfolio.times import span


class Pick:
    """Picks the quotes of one source that --from and --to ask for."""

    def __init__(self, options: ReadOptions, reader: TableReader | None):
        # dates name their days in any zone; times of day are of the zone that was given
        self._start, self._end = read_span(
            options, in_zone=reader is not None and not reader.names_days
        )
        self._first: int | None = None
        self._last: int | None = None

    @property
    def span(self) -> str:
        """What the source holds, as far as it was read."""
        if self._first is None or self._last is None:
            return "nothing"
        return " to ".join(span(self._first, self._last))

    def quotes(self, batches: Iterator[Timed]) -> Iterator[Timed]:
        """Yield the quotes that are picked; they are in order."""
        if (self._start, self._end) == (-math.inf, math.inf):
            yield from batches
            return
        for batch in batches:
            self._first = batch.times[0] if self._first is None else self._first
            self._last = batch.times[-1]
            yield from merge.between([batch], self._start, self._end)
            if self._last is not None and self._last >= self._end:
                return

"""The intervals between the quotes of one instrument, and which of them are gaps."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from heapq import heappush, heapreplace
from itertools import accumulate

from portfolio.times import DAY

# An interval is no gap unless it is more than this many times the median one,
FACTOR = 5
# and it is none either if such intervals come this often: these are nights and weekends.
OFTEN = 3
PERIOD = 14 * DAY

MAX_GAPS = 20
"""The number of the longest gaps that are reported, and kept for each instrument and magnitude."""
# This number of different lengths of intervals is kept exactly, more of them to a part in 64.
_EXACT_LENGTHS = 1024


class Intervals:
    """The last price of an instrument, and its intervals.

    Their lengths are in nanoseconds; kept are how often each came, and where.

    Where is known of the longest ones of each power of two only: which of them are gaps is not
    known before the end. `usual` is a length that came so often that where it comes again does
    not matter; it came `repeats` times more than is counted.
    """

    __slots__ = ("_counts", "_longest", "_rounding", "_start", "last", "price", "repeats", "usual")

    def __init__(self, start: int, price: float) -> None:
        self._start = start
        self._counts: dict[int, int] = {}
        self._longest: dict[int, list[tuple[int, int]]] = {}
        self._rounding = False
        self.last = start
        self.price = price
        self.usual = 0
        self.repeats = 0

    def add(self, interval: int) -> None:
        """Record an interval that begins at `last`; one that goes back is none."""
        if interval < 0:
            return
        self._count(interval, 1)
        places = self._longest.setdefault(interval.bit_length(), [])
        if len(places) < MAX_GAPS:
            heappush(places, (interval, self.last))
        elif interval > places[0][0]:
            heapreplace(places, (interval, self.last))
        else:
            self._settle()
            self.usual = interval

    def end_before(self, end: int) -> bool:
        """Tell whether the instrument has ended before that, as one that was delisted."""
        self._settle()
        if not self._counts:
            return False
        lengths = sorted(self._counts)
        return end - self.last > max(FACTOR * _median(lengths, self._up_to(lengths)), lengths[-1])

    def gaps(self) -> dict[int, int]:
        """Return the lengths that are gaps, as they are counted, and how often each came."""
        self._settle()
        lengths = sorted(self._counts)
        if not lengths:
            return {}
        up_to = self._up_to(lengths)
        median = _median(lengths, up_to)
        gaps = {}
        for length in lengths[bisect_right(lengths, FACTOR * median) :]:
            shorter, longer = bisect_left(lengths, length / 2), bisect_right(lengths, 2 * length)
            similar = up_to[longer] - up_to[shorter]
            if similar < OFTEN or similar * PERIOD < self.last - self._start:
                gaps[length] = self._counts[length]
        return gaps

    def _up_to(self, lengths: Sequence[int]) -> list[int]:
        """Return how many intervals are of one of the first n lengths, for each n from 0 on."""
        return list(accumulate((self._counts[length] for length in lengths), initial=0))

    def longest(self, lengths: dict[int, int]) -> Iterator[tuple[int, int]]:
        """Yield length and start of those that are of one of the lengths."""
        for places in self._longest.values():
            for interval, start in places:
                if self._counted_as(interval) in lengths:
                    yield interval, start

    def _counted_as(self, interval: int) -> int:
        if not self._rounding:
            return interval
        shift = max(0, interval.bit_length() - 7)
        return interval >> shift << shift

    def _count(self, interval: int, times: int) -> None:
        length = self._counted_as(interval)
        self._counts[length] = self._counts.get(length, 0) + times
        if len(self._counts) > _EXACT_LENGTHS and not self._rounding:
            self._rounding = True
            exact, self._counts = self._counts, {}
            for length, count in exact.items():
                self._count(length, count)

    def _settle(self) -> None:
        if self.repeats:
            self._count(self.usual, self.repeats)
            self.repeats = 0


def _median(lengths: Sequence[int], up_to: Sequence[int]) -> int:
    return lengths[bisect_left(up_to, (up_to[-1] + 1) // 2) - 1]

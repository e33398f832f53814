"""What is odd about the quotes of a feed, counted while they pass; nothing is repaired."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from heapq import heappush, heapreplace, nlargest
from itertools import accumulate
from typing import NamedTuple

from market_data.feeds.merge import Timed
from market_data.feeds.quote import SkippedRow
from market_data.feeds.times import DAY, iso_8601

# An interval is no gap unless it is more than this many times the median one,
FACTOR = 5
# and it is none either if such intervals come this often: these are nights and weekends.
OFTEN = 3
PERIOD = 14 * DAY

# The longest gaps that are told, and that are remembered of each instrument and magnitude.
MOST_GAPS = 20
# So many different lengths of intervals are kept exactly, beyond them to a part in 64.
_EXACT_LENGTHS = 1024


class Gap(NamedTuple):
    """No quote of an instrument between two times, in ISO 8601 (UTC)."""

    sid: str
    start: str
    end: str


class Report(NamedTuple):
    """What a feed holds, in numbers of quotes but for the skipped rows and the gaps.

    Rows that were skipped are `missing` a value, `absurd` (a price that is not a number, not
    finite, not above 0 or above 1e9), or `malformed` in another way. Of the `quotes`, `untimed`
    have no readable time, so that nothing else is known of them; `duplicates` are of the time of
    the quote before them of the same instrument. `longest_gaps` are at most 20 of the `gaps`, the
    longest first.
    """

    quotes: int
    missing: int
    absurd: int
    malformed: int
    untimed: int
    duplicates: int
    gaps: int
    longest_gaps: tuple[Gap, ...]

    def lines(self) -> list[str]:
        """Return what a person has to know of the data, one sentence each."""
        return []


class Quality:
    """Counts what is odd about a feed that is in the order of time.

    A gap is an interval between two quotes of one instrument that is more than 5 times its median
    interval, unless intervals of about its length (half to twice) are usual: there are at least 3
    of them, and at least one a fortnight. So nights and weekends are none, and neither is a day
    missing from minutes, which is as long as a weekend.

    Memory grows with the number of instruments, some 5 kB each, of ticks 150 kB; not with that
    of quotes.
    """

    def __init__(self) -> None:
        self._quotes = 0
        self._skipped = {"missing": 0, "absurd": 0, "malformed": 0}
        self._untimed = 0
        self._duplicates = 0
        self._instruments: dict[str, _Intervals] = {}

    def skip(self, row: SkippedRow) -> None:
        """Count a row that is no quote."""
        self._skipped[row.problem] += 1

    def add(self, batch: Timed) -> None:
        """Count quotes that come next in the feed."""
        instruments = self._instruments
        self._quotes += len(batch.quotes)
        for time, quote in zip(batch.times, batch.quotes, strict=True):
            if time is None:
                self._untimed += 1
                continue
            known = instruments.get(quote[0])
            if known is None:
                instruments[quote[0]] = _Intervals(time)
                continue
            interval = time - known.last
            if not interval:
                self._duplicates += 1
            elif interval == known.usual:
                known.repeats += 1
            else:
                known.add(interval)
            known.last = time

    def report(self) -> Report:
        """Return what has been counted so far."""
        gaps = 0
        longest: list[tuple[int, int, str]] = []
        for sid, intervals in self._instruments.items():
            lengths = intervals.gaps()
            gaps += sum(lengths.values())
            longest += ((*each, sid) for each in intervals.longest(lengths))
        told = [
            Gap(sid, iso_8601(start), iso_8601(start + interval))
            for interval, start, sid in nlargest(MOST_GAPS, longest)
        ]
        return Report(
            self._quotes,
            **self._skipped,
            untimed=self._untimed,
            duplicates=self._duplicates,
            gaps=gaps,
            longest_gaps=tuple(told),
        )


class _Intervals:
    """The lengths of one instrument's intervals, in nanoseconds, how often each came, and where.

    Where is known of the longest ones of each power of two only: which of them are gaps is not
    known before the end. `usual` is a length that came so often that where it comes again does
    not matter; it came `repeats` times more than is counted.
    """

    __slots__ = ("_counts", "_longest", "_rounding", "_start", "last", "repeats", "usual")

    def __init__(self, start: int) -> None:
        self._start = start
        self._counts: dict[int, int] = {}
        self._longest: dict[int, list[tuple[int, int]]] = {}
        self._rounding = False
        self.last = start
        self.usual = 0
        self.repeats = 0

    def add(self, interval: int) -> None:
        """Take note of an interval that begins at `last`."""
        self._count(interval, 1)
        places = self._longest.setdefault(interval.bit_length(), [])
        if len(places) < MOST_GAPS:
            heappush(places, (interval, self.last))
        elif interval > places[0][0]:
            heapreplace(places, (interval, self.last))
        else:
            self._settle()
            self.usual = interval

    def gaps(self) -> dict[int, int]:
        """Return the lengths that are gaps, as they are counted, and how often each came."""
        self._settle()
        lengths = sorted(self._counts)
        # how many intervals are of one of the first n lengths
        up_to = list(accumulate((self._counts[length] for length in lengths), initial=0))
        if not lengths:
            return {}
        median = lengths[bisect_left(up_to, (up_to[-1] + 1) // 2) - 1]
        gaps = {}
        for length in lengths[bisect_right(lengths, FACTOR * median) :]:
            shorter, longer = bisect_left(lengths, length / 2), bisect_right(lengths, 2 * length)
            similar = up_to[longer] - up_to[shorter]
            if similar < OFTEN or similar * PERIOD < self.last - self._start:
                gaps[length] = self._counts[length]
        return gaps

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

"""Irregularities of a feed, counted while its quotes pass; nothing is repaired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import nlargest
from operator import itemgetter, sub
from typing import Generic, TypeVar

from market_data.feeds.intervals import MAX_GAPS, Intervals
from market_data.feeds.invalid_quote import Problem, SkippedRow
from market_data.feeds.quality_report import Ended, Gap, Jump, Report, Skipped
from market_data.feeds.quote import Quote
from market_data.feeds.timed import Timed
from portfolio.times import iso_8601

# The factors by which a split multiplies or divides a price, and the tolerance.
_SPLITS = (2, 3, 5, 10)
_ABOUT = 0.06
# A price that changes by less is not a split.
_MIN_JUMP = min(_SPLITS) * (1 - _ABOUT)

_get_sid, _get_price = itemgetter(0), itemgetter(1)

Counted = TypeVar("Counted")


@dataclass
class _Tally(Generic[Counted]):
    """How many there were, and the first one."""

    count: int = 0
    first: Counted | None = None

    def add(self, counted: Counted) -> None:
        """Count one."""
        self.count += 1
        if self.first is None:
            self.first = counted


class Quality:
    """Counts the irregularities of a feed that is in the order of time.

    A gap is an interval between two quotes of one instrument that is more than 5 times its median
    interval, unless intervals of about its length (half to twice) are usual: there are at least 3
    of them, and at least one a fortnight. So nights and weekends are not gaps, and neither is a day
    missing from minutes, which is as long as a weekend.

    Memory grows with the number of instruments, some 5 kB each, of ticks 150 kB; not with that
    of quotes.
    """

    def __init__(self) -> None:
        self._quotes = 0
        self._skips: dict[tuple[str, Problem], Skipped] = {}
        self._untimed = 0
        self._duplicates = 0
        self._repeated: _Tally[Quote] = _Tally()
        self._conflicting: _Tally[Quote] = _Tally()
        self._jumps: _Tally[Jump] = _Tally()
        self._instruments: dict[str, Intervals] = {}
        self._notes: list[str] = []

    def note(self, text: str) -> None:
        """Add a sentence about how a source was read."""
        self._notes.append(text)

    def skip(self, row: SkippedRow) -> None:
        """Count a row that is not a valid quote."""
        key = row.source, row.problem
        before = self._skips.get(key)
        rows, first = (before.rows, before.first) if before else (0, row)
        self._skips[key] = Skipped(row.problem, rows + 1, first)

    @property
    def has_conflicts(self) -> bool:
        """Whether bars of one instrument and time had different prices."""
        return self._conflicting.count > 0

    def skips(self, source: str) -> list[Skipped]:
        """Return the rows of a source that were skipped, the most frequent reason first."""
        own = [skipped for (name, _problem), skipped in self._skips.items() if name == source]
        return sorted(own, key=lambda skipped: -skipped.rows)

    def repeat(self, quote: Quote, is_same: bool) -> None:
        """Count a bar of an instrument and a time that had one."""
        (self._repeated if is_same else self._conflicting).add(quote)

    def add(self, batch: Timed) -> None:
        """Count quotes that come next in the feed."""
        times, quotes = batch
        self._quotes += len(quotes)
        sids = set(map(_get_sid, quotes))
        if len(sids) == 1 and None not in times:
            self._add_of_one(sids.pop(), times, quotes)  # type: ignore[arg-type]
            return
        instruments = self._instruments
        for time, quote in zip(times, quotes, strict=True):
            sid, price = quote[0], quote[1]
            known = instruments.get(sid)
            if time is None:
                self._untimed += 1
                continue
            if known is None:
                instruments[sid] = Intervals(time, price)
                continue
            interval = time - known.last
            if not interval:
                self._duplicates += 1
            elif interval == known.usual:
                known.repeats += 1
            else:
                known.add(interval)
            if not known.price < _MIN_JUMP * price < _MIN_JUMP**2 * known.price:
                self._jump(quote, known.price)
            known.last = time
            known.price = price

    def _add_of_one(self, sid: str, times: Sequence[int], quotes: Sequence[Quote]) -> None:
        prices = list(map(_get_price, quotes))
        known = self._instruments.get(sid)
        if known is None:
            known = self._instruments[sid] = Intervals(times[0], prices[0])
            times, quotes = times[1:], quotes[1:]
            if not times:
                return
            del prices[0]
        if max(known.price, *prices) > _MIN_JUMP * min(known.price, *prices):
            for quote, before in zip(quotes, [known.price, *prices], strict=False):
                self._jump(quote, before)
        intervals = list(map(sub, times, [known.last, *times]))
        if known.usual and set(intervals) == {known.usual}:
            known.repeats += len(intervals)
        else:
            for interval in intervals:
                if not interval:
                    self._duplicates += 1
                elif interval == known.usual:
                    known.repeats += 1
                else:
                    known.add(interval)
                known.last += interval
        known.last = times[-1]
        known.price = prices[-1]

    def _jump(self, quote: Quote, before: float) -> None:
        ratio = max(quote.quote / before, before / quote.quote)
        is_split = any(abs(ratio / each - 1) <= _ABOUT for each in _SPLITS)
        # more than that is no movement either: a lost separator of thousands, say
        if is_split or ratio > _SPLITS[-1]:
            self._jumps.add(Jump(quote, before))

    def report(self) -> Report:
        """Return what has been counted so far."""
        gaps = 0
        longest: list[tuple[int, int, str]] = []
        for sid, intervals in self._instruments.items():
            lengths = intervals.gaps()
            gaps += sum(lengths.values())
            longest += ((*each, sid) for each in intervals.longest(lengths))
        end = max((known.last for known in self._instruments.values()), default=0)
        ended = sorted(
            (known.last, sid) for sid, known in self._instruments.items() if known.end_before(end)
        )
        told = [
            Gap(sid, iso_8601(start), iso_8601(start + interval))
            for interval, start, sid in nlargest(MAX_GAPS, longest)
        ]
        return Report(
            self._quotes,
            sum(skipped.rows for skipped in self._skips.values()),
            untimed=self._untimed,
            duplicates=self._duplicates - self._conflicting.count,
            repeated=self._repeated.count,
            conflicting=self._conflicting.count,
            jumps=self._jumps.count,
            gaps=gaps,
            skips=tuple(self._skips.values()),
            first_repeated=self._repeated.first,
            first_conflicting=self._conflicting.first,
            first_jump=self._jumps.first,
            longest_gaps=tuple(told),
            notes=tuple(self._notes),
            ended=len(ended),
            first_ended=Ended(ended[0][1], iso_8601(ended[0][0])) if ended else None,
        )

"""What is odd about the quotes of a feed, counted while they pass; nothing is repaired."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappush, heapreplace, nlargest
from itertools import accumulate
from operator import itemgetter, sub
from typing import Generic, NamedTuple, TypeVar

from market_data.feeds.quote import Problem, Quote, SkippedRow
from market_data.feeds.timed import Timed
from portfolio.times import DAY, iso_8601

# An interval is no gap unless it is more than this many times the median one,
FACTOR = 5
# and it is none either if such intervals come this often: these are nights and weekends.
OFTEN = 3
PERIOD = 14 * DAY

# The longest gaps that are told, and that are remembered of each instrument and magnitude.
MOST_GAPS = 20
# So many different lengths of intervals are kept exactly, beyond them to a part in 64.
_EXACT_LENGTHS = 1024

# By what a split multiplies or divides a price, within so much of it.
_SPLITS = (2, 3, 5, 10)
_ABOUT = 0.06
# A price that changes by less is no split.
_LEAST_JUMP = min(_SPLITS) * (1 - _ABOUT)

_get_sid, _get_price = itemgetter(0), itemgetter(1)

Counted = TypeVar("Counted")


class Gap(NamedTuple):
    """No quote of an instrument between two times, in ISO 8601 (UTC)."""

    sid: str
    start: str
    end: str


class Skipped(NamedTuple):
    """Rows of one source that were skipped for one reason."""

    problem: Problem
    rows: int
    first: SkippedRow


class Jump(NamedTuple):
    """A price that changed by about the ratio of a split."""

    quote: Quote
    before: float
    """The price before it."""


class Report(NamedTuple):
    """What a feed holds, in numbers of quotes but for the skipped rows and the gaps.

    Of the `quotes`, `untimed` have no time, so that nothing else is known of them; `duplicates` are
    of the time of the quote before them of the same instrument, but for the bars among them:
    `repeated` ones were dropped, `conflicting` ones, which have another price than the bar of this
    time before them, were kept. `jumps` are changes of a price by about 2, 3, 5 or 10.
    `longest_gaps` are at most 20 of the `gaps`, the longest first. `notes` say how the sources were
    read.
    """

    quotes: int
    skipped: int
    untimed: int
    duplicates: int
    repeated: int
    conflicting: int
    jumps: int
    gaps: int
    skips: tuple[Skipped, ...]
    first_repeated: Quote | None
    first_conflicting: Quote | None
    first_jump: Jump | None
    longest_gaps: tuple[Gap, ...]
    notes: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return what a person has to know of the data, one sentence each."""
        return list(self._sentences())

    def _sentences(self) -> Iterator[str]:
        yield from self.notes
        for problem, rows, first in self.skips:
            end = ""
            if problem == "not_positive":
                end = f"; profit and drawdown do not contain {'it' if rows == 1 else 'them'}"
            elif first.option:
                end = f"; {first.option} may read it"
            where = f"row {first.row} of {first.source}"
            if rows > 1:
                where = f"{rows:,} rows, the first of them {where}"
            yield f"skipped {where}: {first.reason}{end}"
        if self.first_repeated:
            yield (
                f"dropped {_count(self.repeated, 'repeated bar')}, the first of them"
                f" {_place(self.first_repeated)}"
            )
        if self.first_conflicting:
            yield (
                f"{_count(self.conflicting, 'bar')} of a time that had another one, kept: the first"
                f" of them {_place(self.first_conflicting)}"
            )
        if self.first_jump:
            quote, before = self.first_jump
            yield (
                f"{_count(self.jumps, 'jump')} of a price by about 2, 3, 5 or 10, which may be a"
                f" split: the first of them {_place(quote)}, {quote.sid} from {before:g} to"
                f" {quote.quote:g}"
            )
        if self.untimed:
            yield f"{_count(self.untimed, 'quote')} without a time"
        if self.duplicates:
            yield f"{_count(self.duplicates, 'quote')} at the time of the one before"
        if self.gaps:
            longest = self.longest_gaps[0]
            yield (
                f"{_count(self.gaps, 'gap')} in time, the longest of {longest.sid} from"
                f" {longest.start} to {longest.end}"
            )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' if number != 1 else ''}"


def _place(quote: Quote) -> str:
    return f"row {quote.row} of {quote.source}"


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
        self._skips: dict[tuple[str, Problem], Skipped] = {}
        self._untimed = 0
        self._duplicates = 0
        self._repeated: _Tally[Quote] = _Tally()
        self._conflicting: _Tally[Quote] = _Tally()
        self._jumps: _Tally[Jump] = _Tally()
        self._instruments: dict[str, _Intervals] = {}
        self._notes: list[str] = []

    def note(self, text: str) -> None:
        """Take a sentence about how a source was read."""
        self._notes.append(text)

    def skip(self, row: SkippedRow) -> None:
        """Count a row that is no quote."""
        key = row.source, row.problem
        before = self._skips.get(key)
        rows, first = (before.rows, before.first) if before else (0, row)
        self._skips[key] = Skipped(row.problem, rows + 1, first)

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
                instruments[sid] = _Intervals(time, price)
                continue
            interval = time - known.last
            if not interval:
                self._duplicates += 1
            elif interval == known.usual:
                known.repeats += 1
            else:
                known.add(interval)
            if not known.price < _LEAST_JUMP * price < _LEAST_JUMP**2 * known.price:
                self._jump(quote, known.price)
            known.last = time
            known.price = price

    def _add_of_one(self, sid: str, times: Sequence[int], quotes: Sequence[Quote]) -> None:
        prices = list(map(_get_price, quotes))
        known = self._instruments.get(sid)
        if known is None:
            known = self._instruments[sid] = _Intervals(times[0], prices[0])
            times, quotes = times[1:], quotes[1:]
            if not times:
                return
            del prices[0]
        if max(known.price, *prices) > _LEAST_JUMP * min(known.price, *prices):
            for quote, before in zip(quotes, [known.price, *prices], strict=False):
                self._jump(quote, before)
        intervals = list(map(sub, times, [known.last, *times]))
        if set(intervals) == {known.usual}:
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
        if ratio > _LEAST_JUMP and any(abs(ratio / each - 1) <= _ABOUT for each in _SPLITS):
            self._jumps.add(Jump(quote, before))

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
        )


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


class _Intervals:
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

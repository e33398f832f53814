"""Bars: how long they are, when they end, and which of them come twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise, starmap
from operator import lt
from typing import Any, NamedTuple

from market_data.feeds.quote import Quote
from market_data.feeds.timed import Timed
from portfolio.times import DAY, SECOND

# The part of shorter intervals that may be: one bar is, where the clock is set forward.
_RARE = 0.02

_NAMES = ((7 * DAY, "week"), (DAY, "day"), (3600 * SECOND, "hour"), (60 * SECOND, "minute"))


class Length(NamedTuple):
    """How long the bars of a table are, in nanoseconds."""

    usual: int | None
    """The median of the intervals between an instrument's times; None if there is no interval."""
    is_constant: bool
    """Whether shorter ones are rare: nights and weekends are longer, months of many lengths."""


def find_length(sids: Iterable[str], times: Iterable[int]) -> Length:
    """Return the length of the bars that begin or end at these times."""
    latest: dict[str, int] = {}
    intervals = []
    for sid, time in zip(sids, times, strict=False):
        before = latest.get(sid)
        if before is not None and time != before:
            intervals.append(abs(time - before))
        latest[sid] = time
    if not intervals:
        return Length(None, False)
    usual = sorted(intervals)[len(intervals) // 2]
    shorter = sum(interval < usual for interval in intervals)
    return Length(usual, shorter <= _RARE * len(intervals))


def name(interval: int | None) -> str:
    """Return the name of bars of this length; 0 stands for quotes that are not bars."""
    if not interval:
        return "bars of unknown length" if interval is None else "quotes of single instants"
    for size, word in _NAMES:
        if interval % size == 0:
            count = interval // size
            return f"bars of {count} {word}{'s' if count > 1 else ''}"
    return f"bars of {interval / SECOND:g} s"


def without_repeats(
    batches: Iterable[Timed], on_repeat: Callable[[Quote, bool], None]
) -> Iterator[Timed]:
    """Yield bars in their order, each once.

    :param on_repeat: called with a bar of an instrument and a time that has had one, and whether it
        is the same bar: then it is dropped, else kept.
    """
    latest: dict[str, _Latest] = {}
    for batch in batches:
        times, quotes = batch
        if quotes and _ascends(batch, latest):
            latest = {quotes[-1].sid: _Latest(times[-1], quotes[-1])}
            yield batch
            continue
        kept = []
        for time, quote in zip(times, quotes, strict=True):
            before = latest.get(quote.sid)
            if before is None or before.time != time:
                latest[quote.sid] = _Latest(time, quote)
            elif before.has(quote):
                on_repeat(quote, True)
                continue
            else:
                on_repeat(quote, False)
            kept.append((time, quote))
        if kept:
            yield Timed(*zip(*kept, strict=True))


class _Latest:
    """The bars of an instrument's latest time."""

    __slots__ = ("_first", "_seen", "time")

    def __init__(self, time: int | None, quote: Quote):
        self.time = time
        self._first = quote
        self._seen: set[Any] | None = None

    def has(self, quote: Quote) -> bool:
        """Tell whether the same bar was there already, and record it."""
        if self._seen is None:
            self._seen = {_content(self._first)}
        content = _content(quote)
        if content in self._seen:
            return True
        self._seen.add(content)
        return False


def _content(quote: Quote) -> tuple[Any, ...]:
    return quote.quote, *quote.fields.items()


def _ascends(batch: Timed, latest: dict[str, _Latest]) -> bool:
    """Tell quickly that no bar comes twice: all are of one instrument, each later than the last."""
    times: Sequence[Any] = batch.times
    sids = {quote.sid for quote in batch.quotes}
    if len(sids) > 1 or not latest.keys() <= sids:
        return False
    before = latest.get(batch.quotes[0].sid)
    starts_later = before is None or before.time < times[0]
    return starts_later and all(starmap(lt, pairwise(times)))

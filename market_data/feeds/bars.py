"""Bars: how long they are, when they end, and which of them come twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise, starmap
from operator import lt
from typing import NamedTuple

from market_data.feeds.quote import Quote
from market_data.feeds.timed import Timed
from portfolio.times import DAY, SECOND

END = 10**6
"""What lies between the end of a bar as its time is given, its last millisecond, and the next bar:
so the bar of a day's last hour, or of a month's last day, is of that day."""

_NAMES = ((7 * DAY, "week"), (DAY, "day"), (3600 * SECOND, "hour"), (60 * SECOND, "minute"))


class Length(NamedTuple):
    """How long the bars of a table are, in nanoseconds."""

    usual: int | None
    """The median of the intervals between an instrument's times; None if there is no interval."""
    is_constant: bool
    """Whether it is the smallest one, too: nights and weekends are longer, months differ."""


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
    return Length(usual, usual == min(intervals))


def name(interval: int | None) -> str:
    """Return how a person calls bars of this length; 0 is of no bars."""
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
    latest: dict[str, tuple[int, list[Quote]]] = {}
    for batch in batches:
        times, quotes = batch
        if quotes and _ascends(batch, latest):
            latest = {quotes[-1].sid: (times[-1], [quotes[-1]])}  # type: ignore[dict-item]
            yield batch
            continue
        kept = []
        for time, quote in zip(times, quotes, strict=True):
            assert time is not None
            before = latest.get(quote.sid)
            if before is None or before[0] != time:
                latest[quote.sid] = time, [quote]
            elif any(_is_same(quote, other) for other in before[1]):
                on_repeat(quote, True)
                continue
            else:
                before[1].append(quote)
                on_repeat(quote, False)
            kept.append((time, quote))
        if kept:
            yield Timed(*zip(*kept, strict=True))


def _ascends(batch: Timed, latest: dict[str, tuple[int, list[Quote]]]) -> bool:
    """Tell quickly that no bar comes twice: all are of one instrument, each later than the last."""
    times, quotes = batch
    sids = {quote.sid for quote in quotes}
    if len(sids) > 1 or not latest.keys() <= sids:
        return False
    before = latest.get(quotes[0].sid)
    starts_later = before is None or before[0] < times[0]  # type: ignore[operator]
    return starts_later and all(starmap(lt, pairwise(times)))


def _is_same(quote: Quote, other: Quote) -> bool:
    return quote.quote == other.quote and quote.fields == other.fields

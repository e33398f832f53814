"""Bars: how long they are, when they end, and which of them come twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise, starmap
from operator import lt

from market_data.feeds.quote import Quote
from market_data.feeds.timed import Timed
from portfolio.times import DAY, SECOND

END = 10**6
"""What lies between the end of a bar as its time is given, its last millisecond, and the next bar:
so the bar of a day's last hour, or of a month's last day, is of that day."""

_NAMES = ((7 * DAY, "week"), (DAY, "day"), (3600 * SECOND, "hour"), (60 * SECOND, "minute"))


def length(sids: Sequence[str], times: Sequence[int]) -> int | None:
    """Return the length of the bars that begin or end at these times, in nanoseconds.

    It is the smallest interval of an instrument's times, if it is also the most frequent one; None
    if there is no such interval.
    """
    latest: dict[str, int] = {}
    intervals: Counter[int] = Counter()
    for sid, time in zip(sids, times, strict=True):
        before = latest.get(sid)
        if before is not None and time != before:
            intervals[abs(time - before)] += 1
        latest[sid] = time
    if not intervals:
        return None
    smallest = min(intervals)
    # nights and weekends are rarer; of days without weekends four of five intervals are days
    return smallest if 2 * intervals[smallest] >= intervals.total() else None


def name(interval: int | None) -> str:
    """Return how a person calls bars of this length."""
    if interval is None:
        return "quotes at any time"
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

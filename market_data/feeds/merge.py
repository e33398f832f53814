"""Quotes by their times: checked to be in order, sorted, merged into that order, or picked."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator
from itertools import chain, islice, repeat
from operator import itemgetter

from market_data.errors import UnsortedError, UntimedError
from market_data.feeds.quote import Quote
from market_data.feeds.timed import BATCH, Timed
from portfolio.times import SECOND, is_local

_first = itemgetter(0)

_HOUR = 3600 * SECOND


def all_timed(batches: Iterable[Timed], shown: str) -> Iterator[Timed]:
    """Yield the same; UntimedError at a quote without a time."""
    for batch in batches:
        if None in batch.times:
            quote = batch.quotes[batch.times.index(None)]
            raise UntimedError(shown, quote.row)
        yield batch


def in_order(batches: Iterable[Timed], shown: str, hint: str = "") -> Iterator[Timed]:
    """Yield the same; UnsortedError at a quote that is earlier than one before it.

    Quotes without a time may stand anywhere.

    :param hint: what else may help, for the error.
    """
    latest: float = -math.inf
    before: Quote | None = None
    for batch in batches:
        times: list[int] = [time for time in batch.times if time is not None]
        if times and (times[0] < latest or times != sorted(times)):
            raise _first_unsorted(batch, latest, before, shown, hint)
        if times:
            latest = times[-1]
            before = next(
                quote
                for time, quote in zip(reversed(batch.times), reversed(batch.quotes), strict=True)
                if time is not None
            )
        yield batch


def _first_unsorted(
    batch: Timed, latest: float, before: Quote | None, shown: str, hint: str
) -> UnsortedError:
    for time, quote in zip(*batch, strict=True):
        if time is None:
            continue
        if time < latest:
            assert before is not None
            if is_local(quote.ts) and latest - time <= _HOUR:
                hint += ", or --timezone if the clock was set back"
            return UnsortedError(shown, quote.row, quote.ts, before.row, before.ts, hint)
        latest, before = time, quote
    raise AssertionError("the batch is in order")


def sort(batches: Iterable[Timed]) -> Iterator[Timed]:
    """Yield all quotes in the order of time, equal ones as they came; keeps them in memory."""
    pairs = chain.from_iterable(zip(*batch, strict=True) for batch in batches)
    ordered = iter(sorted(pairs, key=_first))
    while some := list(islice(ordered, BATCH)):
        yield Timed(*zip(*some, strict=True))


def merge(feeds: Iterable[Iterable[Timed]]) -> Iterator[Timed]:
    """Yield the quotes of several feeds, each in order, in the order of time.

    Of equal times those of the feed that is named first come first. Keeps one batch of each.
    """
    merged = heapq.merge(*(_entries(feed, place) for place, feed in enumerate(feeds)))
    while some := list(islice(merged, BATCH)):
        times, _places, quotes = zip(*some, strict=True)
        yield Timed(times, quotes)


def _entries(feed: Iterable[Timed], place: int) -> Iterator[tuple[int | None, int, Quote]]:
    # the place decides between equal times, so that quotes are never compared
    for times, quotes in feed:
        yield from zip(times, repeat(place), quotes)


def between(batches: Iterable[Timed], start: float, end: float) -> Iterator[Timed]:
    """Yield the quotes from `start` on and before `end`, of quotes that are in order."""
    for batch in batches:
        times: tuple[int, ...] = batch.times  # type: ignore[assignment]
        if times[0] >= end:
            return
        if times[-1] < start:
            continue
        if start <= times[0] and times[-1] < end:
            yield batch
            continue
        kept = [pair for pair in zip(*batch, strict=True) if start <= pair[0] < end]  # type: ignore[operator]
        if kept:
            yield Timed(*zip(*kept, strict=True))

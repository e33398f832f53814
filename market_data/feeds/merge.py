"""Quotes with their times: checked to be in order, sorted, or merged into that order."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice, repeat
from operator import itemgetter
from typing import NamedTuple

from market_data.errors import UnsortedError, UntimedError
from market_data.feeds.cells import BATCH
from market_data.feeds.quote import Quote
from market_data.feeds.times import epoch_ns

_first = itemgetter(0)
_ts = itemgetter(2)


class Timed(NamedTuple):
    """Quotes and their times in nanoseconds since 1970, of equal length; None where unreadable."""

    times: Sequence[int | None]
    quotes: Sequence[Quote]


def with_times(batches: Iterable[Sequence[Quote]]) -> Iterator[Timed]:
    """Yield the same batches with the times of their quotes."""
    for quotes in batches:
        yield Timed(list(map(epoch_ns, map(_ts, quotes))), quotes)


def all_timed(batches: Iterable[Timed], shown: str) -> Iterator[Timed]:
    """Yield the same; UntimedError at a quote without a readable time."""
    for batch in batches:
        if None in batch.times:
            quote = batch.quotes[batch.times.index(None)]
            raise UntimedError(shown, quote.row, quote.ts)
        yield batch


def in_order(batches: Iterable[Timed], shown: str) -> Iterator[Timed]:
    """Yield the same; UnsortedError at a quote that is earlier than one before it.

    Quotes without a readable time may stand anywhere.
    """
    latest: float = -math.inf
    before: Quote | None = None
    for batch in batches:
        for time, quote in zip(batch.times, batch.quotes, strict=True):
            if time is None:
                continue
            if time < latest:
                assert before is not None
                raise UnsortedError(shown, quote.row, quote.ts, before.row, before.ts)
            latest, before = time, quote
        yield batch


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

"""The history of one symbol, page by page, without what has not closed yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from market_data.download.candle import Candle


class Page(NamedTuple):
    """Candles in the order of time, and how far the history is known with them, in ms."""

    candles: Sequence[Candle]
    until: int


def read_pages(
    fetch: Callable[[int], Sequence[Candle]], start: int, end: int, length: int, limit: int
) -> Iterator[Page]:
    """Yield the candles that open at `start` or later and close by `end`, each once.

    A page that lacks candles is asked for once more: some exchanges answer from several servers.
    What is missing then is missing at the exchange.

    :param fetch: returns the first candles from a time on, in any order; none if there is none, or,
        with some exchanges, if there is none among the first `limit`.
    :param length: of a candle, in ms, as all times here.
    """
    at = start
    while at + length <= end:
        found = _fetch(fetch, at)
        if _lacks_some(found, at, end, length):
            # the later answer counts
            found = _unique([*found, *_fetch(fetch, at)], at)
        closed = [candle for candle in found if candle.at + length <= end]
        if closed:
            at = closed[-1].at + length
        elif found:
            at = end
        else:
            at += limit * length
        yield Page(closed, min(at, end))


def _fetch(fetch: Callable[[int], Sequence[Candle]], at: int) -> list[Candle]:
    return _unique(fetch(at), at)


def _unique(candles: Sequence[Candle], at: int) -> list[Candle]:
    by_time = {candle.at: candle for candle in candles if candle.at >= at}
    return [by_time[time] for time in sorted(by_time)]


def _lacks_some(found: Sequence[Candle], at: int, end: int, length: int) -> bool:
    times = [at - length, *(candle.at for candle in found if candle.at < end)]
    return len(times) == 1 or any(later - earlier > length for earlier, later in pairwise(times))

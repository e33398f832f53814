"""The quotes of a feed as bars of one interval (`--bars 5m`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter

from market_data.bars.aggregator import Aggregator
from market_data.bars.bar import LAST, Bar
from market_data.bars.interval import Interval, parse_interval
from market_data.errors import ReadOptionError, UnusableFileError
from market_data.feeds.options import ReadOptions
from market_data.feeds.quality import Quality
from market_data.feeds.quote import Quote, Recorded
from market_data.feeds.timed import Timed
from portfolio.times import iso_8601_full, names_day


def read_interval(options: ReadOptions) -> Interval | None:
    """Return the interval of `bars`; None if quotes stay as they are.

    :raises ReadOptionError: if it cannot be understood, or there is `empty` without it.
    """
    given, empty = options.get("bars"), options.get("empty")
    if given is not None:
        return parse_interval(given, "--bars")
    if empty is not None:
        raise ReadOptionError("--empty", empty, "it is for --bars, which is not given")
    return None


def as_bars(
    batches: Iterable[Timed],
    aggregator: Aggregator,
    shown: str,
    days: Mapping[str, bool],
    quality: Quality,
) -> Iterator[Timed]:
    """Yield bars of quotes that have times.

    :param shown: what the quotes are of, for an error.
    :param days: by source, whether its times are dates; where it is not known, each time tells.
    :param quality: gets notes at the end about what is in no bar.
    :raises UnusableFileError: if no bar is complete.
    :raises UnusableQuoteError: at a quote that cannot be part of a bar of this interval.
    """
    is_empty = True
    for times, quotes in batches:
        made: list[tuple[int, Quote]] = []
        for at, quote in zip(times, quotes, strict=True):
            assert at is not None
            is_day = days.get(quote.source)
            fields = {**quote.fields, "sid": quote.sid, "quote": quote.quote}
            ended = aggregator.add(
                fields, at, is_day=names_day(quote.ts) if is_day is None else is_day
            )
            for bar in ended:
                made.append((bar.at, _quote(bar, quote)))
        if made:
            is_empty = False
            yield Timed(*zip(*made, strict=True))
    every = aggregator.interval.name
    if is_empty:
        found = f"no bar of {every} is complete"
        raise UnusableFileError(shown, found, "a shorter interval, or quotes of a later time")
    for line in aggregator.lines():
        quality.note(f"bars of {every}: {line}")
    if left := sorted(aggregator.unfinished(), key=itemgetter(1)):
        sid, end = left[0]
        bars = "1 is" if len(left) == 1 else f"{len(left)} are"
        quality.note(
            f"bars of {every}: {bars} not complete at the end, and left out; the first, of {sid},"
            f" would end {iso_8601_full(end - LAST)}"
        )


def _quote(bar: Bar, last: Quote) -> Quote:
    """Return a bar as a quote of a feed, of the row at which it was complete."""
    recorded = Recorded(None, None, False, bar.fields, bar=bar.id)
    return Quote(bar.sid, bar.close, bar.ts, last.row, last.source, recorded=recorded)

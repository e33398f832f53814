"""The history of a warm-up, read from files and databases (`serve --warm-up`)."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from algo_service.backtest.quotes import of_feed, on_channels
from algo_service.decisions import Failure
from algo_service.engine.driver import Quote, TimedQuote
from algo_service.errors import WarmUpError
from market_data import Feed, FeedError, find_source, open_feed
from market_data.feeds.options import ReadOptions

log = logging.getLogger(__name__)

RUN = "warm-up"
"""The run in the ids of quotes, which no quote of a replay has."""

PROGRESS = 5.0
"""Seconds between two log lines about the progress."""


class FeedHistory:
    """Quotes of sources that `market_data.open_feed` reads.

    :param sources: as `--warm-up` names them.
    :param options: how they are read.
    :param channels: topic filters of what is read of a recording, in place of the channels that the
        algorithm asks for.
    :param is_ending: whether the service is ending, so that the rest is not needed.
    :param clock: seconds, for the progress.
    """

    def __init__(
        self,
        sources: Sequence[str],
        options: ReadOptions,
        channels: Sequence[str] = (),
        is_ending: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ):
        # of a database without its password
        self.sources = ", ".join(
            str(find_source(each)) if "://" in each else each for each in sources
        )
        self._given = tuple(sources)
        self._options = options
        self._channels = channels
        self._is_ending = is_ending
        self._clock = clock
        self._logged_at = 0.0
        self._count = 0

    def check(self) -> None:
        """Open the sources and read their first rows.

        :raises WarmUpError: if that cannot be done.
        """
        with _explained("--warm-up"):
            next(self._feed().batches())

    @property
    def identity(self) -> str:
        """Of sources, options, channels, and the size and time of each file."""
        about: list[Any] = [self.sources, sorted(self._options.items()), *self._channels]
        with _explained("--warm-up"):
            for source in self._feed().sources:
                if source.path is not None:
                    stat = source.path.stat()
                    about.append((stat.st_size, stat.st_mtime_ns))
        return hashlib.blake2b(repr(about).encode(), digest_size=16).hexdigest()

    def quotes(
        self, channels: Sequence[str], refuse: Callable[[Any, Failure], None]
    ) -> Iterator[TimedQuote]:
        """Yield the quotes in the order of time, and log at the end what was odd about them."""
        is_asked = on_channels(self._channels or channels)
        self._count, self._logged_at = 0, self._clock()
        with _explained("the warm-up ends at a fault of its data"):
            feed = self._feed()
            yield from of_feed(feed, refuse, lambda _: None, RUN, is_asked)
        for line in feed.quality.report().lines():
            log.warning("warm-up data: %s", line)

    def passed(self, quote: Quote) -> None:
        """Log the progress every few seconds.

        :raises WarmUpError: if the service is ending.
        """
        self._count += 1
        if self._is_ending():
            raise WarmUpError("the service ends during its warm-up; nothing of it is kept")
        now = self._clock()
        if now - self._logged_at >= PROGRESS:
            self._logged_at = now
            at = quote.get("ts")
            log.info("%s quotes so far%s", f"{self._count:,}", "" if at is None else f", at {at}")

    def _feed(self) -> Feed:
        return open_feed(self._given, **self._options)


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Make a WarmUpError of what reading sources raises."""
    try:
        yield
    except (FeedError, OSError) as error:
        raise WarmUpError(f"{what}: {error}") from error

"""A feed, published at a pace."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from typing import NamedTuple, Protocol

from market_data.errors import UnusableFileError
from market_data.feeds.feed import Feed
from market_data.feeds.quote import Quote, as_message
from market_data.replay.state import Mark
from market_data.stopping import Stop

# A pace that is further behind than this, in seconds, starts again instead of catching up.
_TOLERANCE = 1.0

_START = Mark(1, 1)


class Message(NamedTuple):
    """The text of a quote, the row that it comes from, and the topic if it has one of its own."""

    text: str
    mark: Mark
    topic: str | None = None


class _Sink(Protocol):
    """What replay needs of a Publisher."""

    def publish(self, text: str, mark: Mark, topic: str | None) -> None: ...
    def wait(self, seconds: float) -> None: ...
    def drain(self) -> None: ...


class Pace:
    """`rate` quotes per second: the i-th is due i / rate seconds after the first."""

    def __init__(self, rate: float, clock: Callable[[], float]):
        self._rate = rate
        self._clock = clock
        self._start: float | None = None
        self._count = 0

    def delay(self) -> float:
        """Return the seconds until the next quote is due; each call stands for one quote."""
        now = self._clock()
        if self._start is None or now - self._due() > _TOLERANCE:
            self._start = now
            self._count = 0
        due = self._due()
        self._count += 1
        return max(0.0, due - now)

    def _due(self) -> float:
        assert self._start is not None
        return self._start + self._count / self._rate


def message(quote: Quote, run: str) -> str:
    """Return the JSON text of a quote, whose channel will be the topic that it is published on."""
    fields = as_message(quote, run)
    del fields["channel"]
    return json.dumps(fields, allow_nan=False)


def messages(
    feed: Feed,
    run: str,
    *,
    loop: bool = False,
    start: Mark = _START,
    topic_of: Callable[[Quote], str | None] = lambda _quote: None,
) -> Iterator[Message]:
    """Yield the messages of a feed, as JSON texts, from `start` on.

    With `loop` again and again, as the runs RUN, RUN.2, RUN.3 and so on; to ids that a recording
    holds .2, .3 and so on is added as well. Raises what reading the feed raises, and
    UnusableFileError where there is nothing from `start` on.

    :param topic_of: the topic of a quote, if it has one of its own.
    """
    for number in itertools.count(start.pass_number):
        # ids must not repeat
        run_of_pass = run if number == 1 else f"{run}.{number}"
        last = _START
        for position, quote in enumerate(feed, start=1):
            last = Mark(number, quote.row if feed.is_in_rows else position)
            if last >= start:
                quote_of_pass = quote if number == 1 else _again(quote, number)
                yield Message(message(quote_of_pass, run_of_pass), last, topic_of(quote))
        if last < start:
            found = f"no quote from row {start.row} on"
            raise UnusableFileError(str(feed), found, "the file that the run began with")
        if not loop:
            return


def _again(quote: Quote, number: int) -> Quote:
    recorded = quote.recorded
    if recorded is None or recorded.id is None:
        return quote
    return quote._replace(recorded=recorded._replace(id=f"{recorded.id}.{number}"))


def read_ahead(feed: Iterator[Message]) -> Iterator[Message]:
    """Read the first message now, so that an error of a file is known at once."""
    return itertools.chain([next(feed)], feed)


def replay(
    feed: Iterator[Message],
    publisher: _Sink,
    pace: Pace | None,
    stop: Stop,
    *,
    known: Mark | None = None,
    on_progress: Callable[[], None] = lambda: None,
) -> None:
    """Publish every message, at a pace or as fast as possible, and wait for the confirmations.

    :param known: messages up to this mark were published before, and are not paced.
    :param on_progress: called before each message.
    """
    while True:
        with stop.interruptible():
            upcoming = next(feed, None)
        if upcoming is None:
            break
        if pace is not None and (known is None or upcoming.mark > known):
            publisher.wait(pace.delay())
        on_progress()
        publisher.publish(*upcoming)
    publisher.drain()

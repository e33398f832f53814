"""A feed, published at a pace."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Protocol

from market_data.csv_feed import Quote, SkippedRow, read_csv
from market_data.errors import UnusableFileError
from market_data.samples import Source
from market_data.stopping import Stop

# Further behind than this, in seconds, a pace starts anew instead of catching up in a burst.
_TOLERANCE = 1.0


class _Sink(Protocol):
    """What replay needs of a Publisher."""

    def publish(self, text: str) -> None: ...
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


def message(quote: Quote, source: str, run: str) -> str:
    """Return the JSON text of a quote; its id names the source, the run and the row."""
    return json.dumps(
        {
            "sid": quote.sid,
            "quote": quote.quote,
            "ts": quote.ts,
            "id": f"{source}:{run}:{quote.row}",
        },
        allow_nan=False,
    )


def messages(
    source: Source, run: str, on_skip: Callable[[SkippedRow], None], *, loop: bool = False
) -> Iterator[str]:
    """Yield the messages of a source, as JSON texts.

    With `loop` again and again, as the runs RUN, RUN.2, RUN.3 and so on.
    UnusableFileError where the file is no feed or holds no quote at all.
    """
    for number in itertools.count(1):
        # ids must not repeat
        run_of_pass = run if number == 1 else f"{run}.{number}"
        empty = True
        for quote in read_csv(source.path, on_skip):
            empty = False
            yield message(quote, source.name, run_of_pass)
        if empty:
            raise UnusableFileError(str(source.path), "no row is a quote", "at least one")
        if not loop:
            return


def read_ahead(texts: Iterator[str]) -> Iterator[str]:
    """Read the first text now, so that what is wrong with a file is known at once."""
    return itertools.chain([next(texts)], texts)


def replay(texts: Iterator[str], publisher: _Sink, pace: Pace | None, stop: Stop) -> None:
    """Publish every text, at a pace or as fast as it goes, and await the confirmations."""
    while True:
        with stop.interruptible():
            text = next(texts, None)
        if text is None:
            break
        if pace is not None:
            publisher.wait(pace.delay())
        publisher.publish(text)
    publisher.drain()

"""Gives history to an algorithm before its first quote."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from algo_service.decisions import Failure
from algo_service.engine.driver import Driver, Quote, TimedQuote
from algo_service.engine.failures import Failures
from algo_service.journal.codec import digest
from algo_service.journal.content import canonical
from algo_service.journal.store import WarmUp

log = logging.getLogger(__name__)


class History(Protocol):
    """Quotes of the past, which can be read again; `algo_service.history` reads them from files.

    `warm_up` calls `quotes` once, and `passed` after each quote, on the thread of the engine.
    """

    sources: str
    """What it is read from, for log lines."""

    @property
    def identity(self) -> str:
        """Identifies what is read: it changes with the sources, the options and the files."""
        ...

    def quotes(self, refuse: Callable[[Any, Failure], None]) -> Iterable[TimedQuote]:
        """Return the quotes in the order of time, as `Driver.play` takes them.

        :param refuse: called with what is not a valid quote.
        :raises WarmUpError: if they cannot be read to their end.
        """
        ...

    def passed(self, quote: Quote) -> None:
        """Count a quote that the algorithm has seen.

        :raises WarmUpError: if the service is ending.
        """
        ...


def warm_up(driver: Driver, history: History, parameters: dict[str, Any]) -> WarmUp:
    """Give all of the history to an algorithm; its orders are ignored.

    A quote that fails is counted and logged by its reason; the warm-up continues.

    :param parameters: of the algorithm, for the record.
    :return: the record of what it was given.
    :raises WarmUpError: if the history cannot be read to its end.
    """
    log.info("warming up with %s", history.sources)
    tally = _Tally()
    failures = Failures()

    def see(quote: Quote, _at: int | None) -> None:
        history.passed(quote)

    def fail(quote: Quote, failure: Failure) -> None:
        failures.add(quote, failure)
        history.passed(quote)

    with _quiet():
        driver.warm_up(tally.counted(history.quotes(failures.add)), see, fail)
    for line in failures.lines():
        log.warning("warm-up: %s", line)
    if failures.reasons and failures.reasons[0].traceback:
        log.warning("%s", failures.reasons[0].traceback.rstrip())
    done = WarmUp(
        parameters,
        history.sources,
        history.identity,
        tally.quotes,
        failures.total,
        tally.first,
        tally.last,
        tally.content.hexdigest(),
    )
    log.info("warmed up with %s; it has placed no order", done)
    return done


class _Tally:
    """Counts the quotes for the record, as they pass."""

    def __init__(self) -> None:
        self.quotes = 0
        self.first: str | float | None = None
        self.last: str | float | None = None
        self.content = hashlib.blake2b(digest_size=16)

    def counted(self, quotes: Iterable[TimedQuote]) -> Iterator[TimedQuote]:
        """Yield the quotes, before an algorithm may write into them."""
        for timed in quotes:
            quote: Mapping[str, Any] = timed[0]
            self.content.update(digest(canonical(quote)))
            self.last = quote.get("ts")
            if not self.quotes:
                self.first = self.last
            self.quotes += 1
            yield timed


@contextmanager
def _quiet() -> Iterator[None]:
    """Drop what this thread logs about each quote, unless the level is debug."""
    root = logging.getLogger()
    thread = threading.get_ident()

    def passes(record: logging.LogRecord) -> bool:
        is_progress = record.name in (__name__, "algo_service.history")
        return record.thread != thread or record.levelno >= logging.WARNING or is_progress

    handlers = [] if root.level <= logging.DEBUG else list(root.handlers)
    for handler in handlers:
        handler.addFilter(passes)
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(passes)

"""Gives history to an algorithm before its first quote."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from algo_service.decisions import Failure
from algo_service.engine.driver import Driver, Quote, TimedQuote
from algo_service.engine.failures import Failures
from algo_service.journal.codec import digest
from algo_service.journal.content import canonical
from algo_service.journal.store import DecisionStore, StoredRun, WarmUp

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

    def quotes(
        self, channels: Sequence[str], refuse: Callable[[Any, Failure], None]
    ) -> Iterable[TimedQuote]:
        """Return the quotes in the order of time, as `Driver.play` takes them.

        :param channels: those that the algorithm asks for; a recording may have others.
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
        driver.warm_up(tally.counted(history.quotes(driver.channels, failures.add)), see, fail)
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


def begin_warm(
    driver: Driver,
    history: History | None,
    store: DecisionStore,
    name: str,
    parameters: dict[str, Any],
    before: dict[str, Any],
) -> None:
    """Give the history to an algorithm, or restore the state that the store holds after it.

    :param name: of the algorithm, for log lines.
    :param parameters: its own.
    :param before: those of the warm-up that the store holds, by the names that they have now.
    :raises WarmUpError: if the history cannot be read to its end.
    :raises JournalError: if the state after it cannot be kept.
    """
    warmed = store.stored_warm_up()
    identity = history.identity if history else None
    if (
        warmed
        and driver.is_restorable
        and warmed.warm_up._replace(parameters=before).is_of(parameters, identity)
    ):
        driver.restore(warmed.state)
        log.info("continuing from the warm-up with %s, which is in the journal", warmed.warm_up)
    elif history:
        store.keep_warm_up(warm_up(driver, history, parameters), driver.state)
    elif warmed:
        why = "had other parameters" if driver.is_restorable else "left state that is not kept"
        log.warning(
            "%s starts without a warm-up: the one in the journal, with %s, %s, and no --warm-up is"
            " given",
            name,
            warmed.warm_up,
            why,
        )
        store.keep_warm_up(None, driver.state)


def warm_up_again(
    driver: Driver, history: History, store: DecisionStore, name: str, run: StoredRun
) -> None:
    """Give the history to an algorithm whose own state the store does not hold.

    For others, log that the history is not used.

    :param name: of the algorithm, for log lines.
    :param run: what the store holds.
    :raises WarmUpError: if the history cannot be read to its end.
    """
    if not driver.is_restorable:
        warm_up(driver, history, run.parameters)
        log.info(
            "%s has no save() and load(): it was warmed up again for what it holds itself; its"
            " cash and positions are those of the journal",
            name,
        )
        return
    warmed = store.stored_warm_up()
    if warmed and warmed.warm_up.sources == history.sources:
        log.info("warmed up before its first quote, with %s: not again", warmed.warm_up)
        return
    before = f"was warmed up with {warmed.warm_up}" if warmed else "was started without a warm-up"
    log.warning(
        "--warm-up %s is not used: the journal of %s holds %d decisions, and %s",
        history.sources,
        name,
        run.seq,
        before,
    )


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

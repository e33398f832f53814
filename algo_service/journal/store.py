"""What the engine asks of a decision store: decisions by key, and the state after the last one.

`MemoryStore` (memory.py) keeps the latest decisions, so that a call can be tried again safely.
`SqliteStore` (sqlite.py), the journal, keeps all of them on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from algo_service.decisions import Batch, Decision, Failure, Key, State


class StoredRun(NamedTuple):
    """What a store holds once an input was decided."""

    parameters: dict[str, Any]
    state: State
    seq: int
    quote_id: str | None
    """Of the last quote; None if no quote was decided."""
    minute: int | None
    """The last minute of quote time that has a value."""
    first: int
    """The count before the first decision that was made with this store."""
    peak: float | None = None
    """The highest equity at the end of a minute of quote time; None if none is kept."""


class WarmUp(NamedTuple):
    """The history that an algorithm was given before its first quote."""

    parameters: dict[str, Any]
    """Those of the algorithm, as merged."""
    sources: str
    identity: str
    """Identifies what was read, as far as that is known without reading it: `History.identity`."""
    quotes: int
    failed: int
    """The number of quotes that led to an error."""
    first: str | float | None
    """The `ts` of the first quote, verbatim; None if it has none."""
    last: str | float | None
    digest: str
    """BLAKE2b of the quotes' content, in their order: 16 bytes as hexadecimal digits."""

    def is_of(self, parameters: dict[str, Any], identity: str | None) -> bool:
        """Whether it used these parameters and this history; None stands for any history."""
        return self.parameters == parameters and identity in (None, self.identity)

    def __str__(self) -> str:
        count = f"{self.quotes:,} quote{'' if self.quotes == 1 else 's'} of {self.sources}"
        times = "" if self.first is None else f", {self.first} to {self.last}"
        return f"{count}{times}" + (f", {self.failed:,} of them failed" if self.failed else "")


class StoredWarmUp(NamedTuple):
    """A warm-up, and the state that the store holds: that after it, until a quote is decided."""

    warm_up: WarmUp
    state: State


class Known(NamedTuple):
    """What a store holds of an input that was decided."""

    decision: Decision | Failure
    content: bytes | None
    """The message as `content.encode` wrote it; None where only its digest is kept."""
    digest: bytes | None
    """`content.fingerprint` of the message; None where its content is kept."""
    is_older: bool = False
    """Whether an earlier layout has kept it, whose digest of some content was another."""


class Standing(NamedTuple):
    """What tells whether two services mean one store, and which of them is to serve."""

    id: str | None
    """Random, made with the store; None where there is no journal yet."""
    seq: int
    """The number of decisions."""
    epoch: int
    """Of the last hand-over; 0 before the first one."""
    handed_over: bool
    """Whether another algorithm goes on with its account, so that this one decides nothing."""
    taken_over: int | None
    """The epoch at which it took over the account of another algorithm; None if it did not."""


class Recent(NamedTuple):
    """One of the latest decisions."""

    seq: int
    key: Key
    content: bytes | None
    digest: bytes | None
    """Content and digest are as those of `Known`."""
    decision: Decision | Failure
    at: float
    """The time of the caller's clock, in seconds since 1970."""
    ago: float
    """Seconds since then, as far as they are known; by a clock that nobody sets."""


class TakeOver(NamedTuple):
    """What a store keeps of an account that was taken over."""

    epoch: int
    seq: int
    """The count of decisions from which it goes on."""
    parameters: dict[str, Any]
    """Those of the algorithm that goes on."""
    state: State
    """After it."""
    recent: list[Recent]
    text: str
    """The account, as JSON, for the log."""


class CallTimes(NamedTuple):
    """What the caller of `events` tells of its inputs, in seconds since 1970 by its clock."""

    received: tuple[float, float] | None = None
    """When the first and the last of their messages came; None if that is not told."""
    published: Mapping[Key, float] = MappingProxyType({})
    """When inputs were published, of those whose publisher has marked that."""
    confirmed: Sequence[tuple[int, float]] = ()
    """Counts of decisions, ascending, each with the time at which the broker had confirmed all that
    these and the decisions before have led to."""


class DecisionStore(Protocol):
    """Keeps decisions and state. One thread calls all methods.

    The engine's constructor calls `stored_run`, then `stored_warm_up`. The service then calls
    `note_start`. The engine's `initialize` calls `stored_warm_up`, and then `keep_warm_up` where
    the algorithm was warmed up, before the first decision. For each batch the engine calls `find`,
    then the algorithm decides on the inputs that `find` did not return, then `commit`; only after
    that the batch is answered. If `commit` raises, the engine restores the state before it and
    calls `note_rollback`, and the caller may send the same batch again.

    The service calls `note_call` before each call of `decide` of the engine, which knows nothing of
    it. It calls `outputs_since` between two batches, and `standing`. When the account is
    handed over to another algorithm the engine calls `recent`, and the service `note_handed_over`;
    no batch follows, unless the service calls `note_taken_back`. The engine of the other algorithm
    calls `take_over` of its store, before its first batch. The caller that made the store calls
    `close`, last; the engine does not.
    """

    @property
    def is_durable(self) -> bool:
        """Whether decisions outlive the process."""
        ...

    @property
    def content_of(self) -> Callable[[Mapping[str, Any]], bytes]:
        """What it keeps of a message: `content.encode`, or `content.fingerprint` of it alone.

        The engine calls it before the algorithm is given the message.
        """
        ...

    def stored_run(self) -> StoredRun | None:
        """Return what it holds, or None before the first decision."""
        ...

    def stored_warm_up(self) -> StoredWarmUp | None:
        """Return the warm-up that it holds, if there is one."""
        ...

    def keep_warm_up(self, warm_up: WarmUp | None, state: State) -> None:
        """Keep a warm-up and the state after it, in place of any other.

        Called only before the first decision.

        :param warm_up: None if the algorithm starts without one.
        :raises JournalError: if it cannot; then nothing was kept.
        """
        ...

    def find(self, keys: Iterable[Key]) -> dict[Key, Known]:
        """Return what it holds of inputs with these keys."""
        ...

    def commit(self, batch: Batch) -> None:
        """Keep the decisions of one batch and the state after it: all of it, or nothing.

        :raises JournalError: if it cannot; then nothing was kept.
        """
        ...

    def note_call(self, times: CallTimes) -> None:
        """Record the times of the next batch, and what was confirmed of those before.

        They are kept with the next commit. Inputs that were decided before keep their times.
        """
        ...

    def note_start(self, spec: str) -> None:
        """Record that a service continues from here.

        :param spec: the algorithm that it serves, as `algo_service.loader.load` takes it.
        :raises JournalError: if it cannot.
        """
        ...

    def note_rollback(self, inputs: int, error: str) -> None:
        """Record that a batch of this number of inputs was undone, because it could not be kept.

        It is kept with the next commit.
        """
        ...

    def outputs_since(
        self, seconds: float, after: int, limit: int
    ) -> list[tuple[int, Decision | Failure]]:
        """Return the decisions with outputs from `seconds` before the latest confirmed one on.

        If none was confirmed, before the latest. What was decided while the broker was away is not
        counted: it may have lost what it had confirmed before. Each comes with its seq. The seconds
        are those that services with this store have run, by a clock that nobody sets: what was
        published in the last minute is in the last 60 seconds, whatever the clock on the wall has
        shown, and however long no service ran.

        :param after: only decisions with a greater seq.
        :param limit: the maximum number of decisions.
        """
        ...

    def standing(self) -> Standing:
        """Return which store this is, how far it has come, and what was handed over."""
        ...

    def recent(self) -> list[Recent]:
        """Return the latest decisions, in their order.

        They are enough to recognise what may come again, and to publish what may have been lost.
        """
        ...

    def take_over(self, taken: TakeOver) -> None:
        """Keep what was taken over, in place of all that it holds.

        :raises JournalError: if it cannot; then nothing has changed.
        """
        ...

    def note_handed_over(self, epoch: int, text: str) -> None:
        """Record that the account was handed over.

        :param text: the account, as JSON, for the log.
        :raises JournalError: if it cannot.
        """
        ...

    def note_taken_back(self, epoch: int) -> None:
        """Record the epoch, and that the algorithm decides again.

        :raises JournalError: if it cannot.
        """
        ...

    def close(self) -> None:
        """Release what it holds open."""
        ...

"""What the engine asks of a decision store: decisions by key, and the state after the last one.

`MemoryStore` (memory.py) keeps the latest decisions, so that a call can be tried again safely.
`SqliteStore` (sqlite.py), the journal, keeps all of them on disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from algo_service.decisions import Entry, Key, State


class StoredRun(NamedTuple):
    """What a store holds once a quote was decided."""

    parameters: dict[str, Any]
    state: State
    seq: int
    quote_id: str


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


class DecisionStore(Protocol):
    """Keeps decisions and state. The engine is the only caller, always on one thread.

    The engine's constructor calls `stored_run`, then `stored_warm_up`. Its `initialize` calls
    `stored_warm_up`, and then `keep_warm_up` where the algorithm was warmed up, before the first
    decision. For each batch it calls `find`, then the algorithm decides on the quotes that `find`
    did not return, then `commit`; only after that the batch is answered. `keep_reset` comes between
    two batches. If `commit` or `keep_reset` raises, the engine restores the state before it, and
    the caller may send the same batch again.

    The caller that made the store closes it; the engine does not.
    """

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

    def find(self, keys: Iterable[Key]) -> dict[Key, Entry]:
        """Return the stored decisions on quotes with these keys."""
        ...

    def keep_reset(self, seq: int, halt: str, state: State) -> None:
        """Keep that a person reset a limit after decision `seq`, and the state after the reset.

        :param halt: why buying had stopped.
        :raises JournalError: if it cannot; then nothing was kept.
        """
        ...

    def commit(
        self, parameters: dict[str, Any], entries: Sequence[Entry], state: State, seq: int
    ) -> None:
        """Keep the decisions of one batch and the state after it: all of it, or nothing.

        :param entries: at least one; none of their keys is in the store.
        :param seq: the count of decisions, these included.
        :raises JournalError: if it cannot; then nothing was kept.
        """
        ...

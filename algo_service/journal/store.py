"""What the engine remembers: decisions by the quote's key, and the state after the last of them.

`Memory` keeps the latest decisions, so that a call that is tried again is safe; `Journal` (in
journal.py) keeps all, on disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, NamedTuple, Protocol, TypedDict, final

Key = tuple[str, str]
"""A quote's channel and id."""


@final
class Decision(TypedDict):
    """What a quote led to; orders and fills as JSON text, in the order placed."""

    orders: list[str]
    fills: list[str]


@final
class Failure(TypedDict):
    """Why a quote led to nothing; the traceback is the algorithm's own, or empty."""

    error: str
    traceback: str


Entry = tuple[Key, bytes, Decision | Failure]
"""One quote's decision: its key, the digest of its content, so that other content under the same
key is told apart, and what it led to."""


class State(NamedTuple):
    """What decisions have left behind, each part as `state.encode` writes it."""

    portfolio: bytes | None
    algorithm: bytes | None


class Begun(NamedTuple):
    """What a ledger holds that has decisions in it."""

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
    """Of what was read, as far as that is known without reading it: see `History.identity`."""
    quotes: int
    failed: int
    """How many of the quotes led to an error."""
    first: str | float | None
    """The `ts` of the first quote, verbatim; None if it has none."""
    last: str | float | None
    digest: str
    """Of the quotes' content, in their order: BLAKE2b, 16 bytes as hexadecimal digits."""

    def is_of(self, parameters: dict[str, Any], identity: str | None) -> bool:
        """Whether it was one with these parameters and this history; None for any history."""
        return self.parameters == parameters and identity in (None, self.identity)

    def __str__(self) -> str:
        count = f"{self.quotes:,} quote{'' if self.quotes == 1 else 's'} of {self.sources}"
        times = "" if self.first is None else f", {self.first} to {self.last}"
        return f"{count}{times}" + (f", {self.failed:,} of them failed" if self.failed else "")


class WarmedUp(NamedTuple):
    """A warm-up, and the state that the ledger holds: that after it, until a quote is decided."""

    warm_up: WarmUp
    state: State


class Ledger(Protocol):
    """What the engine asks of the place where decisions are kept."""

    def begun(self) -> Begun | None:
        """Return what it holds, or None before the first decision."""
        ...

    def warmed_up(self) -> WarmedUp | None:
        """Return the warm-up that it holds, if there is one."""
        ...

    def keep_warm_up(self, warm_up: WarmUp | None, state: State) -> None:
        """Keep a warm-up and the state after it, before the first decision, in place of any other.

        :param warm_up: None for none: the algorithm begins without one.
        :raises JournalError: if it cannot; then nothing was kept.
        """
        ...

    def find(self, keys: Iterable[Key]) -> dict[Key, Entry]:
        """Return the decisions on those of the quotes that were seen before."""
        ...

    def keep_reset(self, seq: int, halt: str, state: State) -> None:
        """Keep that a person has reset a limit after decision `seq`, and the state after it.

        :param halt: why buying had stopped.
        :raises JournalError: if it cannot; then nothing was kept.
        """
        ...

    def commit(
        self, parameters: dict[str, Any], entries: Sequence[Entry], state: State, seq: int
    ) -> None:
        """Keep the decisions of one batch and the state after it: all of it, or nothing.

        :param seq: the count of decisions, these included.
        :raises JournalError: if it cannot; then nothing was kept.
        """
        ...


class Memory:
    """Keeps the latest decisions in memory: enough for calls and quotes that come again.

    A bridge holds some 3,000 quotes unacknowledged, as many as it reads and has under way.
    """

    MOST = 10_000

    def __init__(self) -> None:
        self._entries: dict[Key, Entry] = {}

    def begun(self) -> Begun | None:
        """Return None: what was in memory is gone with its process."""
        return None

    def warmed_up(self) -> WarmedUp | None:
        """Return None: the state after a warm-up is in the engine."""
        return None

    def keep_warm_up(self, warm_up: WarmUp | None, state: State) -> None:
        """Keep nothing of it: the state is in the engine."""

    def find(self, keys: Iterable[Key]) -> dict[Key, Entry]:
        """Return the decisions on those of the quotes that were seen lately."""
        entries = self._entries
        return {key: entries[key] for key in keys if key in entries}

    def keep_reset(self, seq: int, halt: str, state: State) -> None:
        """Keep nothing of it: the state is in the engine."""

    def commit(
        self, parameters: dict[str, Any], entries: Sequence[Entry], state: State, seq: int
    ) -> None:
        """Keep the decisions, and forget the oldest of too many."""
        del parameters, state, seq
        kept = self._entries
        for entry in entries:
            kept[entry[0]] = entry
        for key in list(islice(kept, max(0, len(kept) - self.MOST))):
            del kept[key]

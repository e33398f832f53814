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


class Ledger(Protocol):
    """What the engine asks of the place where decisions are kept."""

    def begun(self) -> Begun | None:
        """Return what it holds, or None before the first decision."""
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

"""A decision store in memory, which ends with its process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from algo_service.decisions import Entry, Key, State
from algo_service.journal.store import StoredRun, StoredWarmUp, WarmUp


class MemoryStore:
    """Keeps the latest decisions: enough to recognise calls and quotes that come again.

    A bridge holds about 3,000 unacknowledged quotes: those that it read and those under way.
    """

    MAX_DECISIONS = 10_000

    def __init__(self) -> None:
        self._entries: dict[Key, Entry] = {}

    def stored_run(self) -> StoredRun | None:
        """Return None: what was in memory is lost with its process."""
        return None

    def stored_warm_up(self) -> StoredWarmUp | None:
        """Return None: the state after a warm-up is in the engine."""
        return None

    def keep_warm_up(self, warm_up: WarmUp | None, state: State) -> None:
        """Keep nothing: the state is in the engine."""

    def find(self, keys: Iterable[Key]) -> dict[Key, Entry]:
        """Return the latest decisions on quotes with these keys."""
        entries = self._entries
        return {key: entries[key] for key in keys if key in entries}

    def keep_reset(self, seq: int, halt: str, state: State) -> None:
        """Keep nothing: the state is in the engine."""

    def commit(
        self, parameters: dict[str, Any], entries: Sequence[Entry], state: State, seq: int
    ) -> None:
        """Keep the decisions, and remove the oldest beyond MAX_DECISIONS."""
        del parameters, state, seq
        kept = self._entries
        for entry in entries:
            kept[entry[0]] = entry
        for key in list(islice(kept, max(0, len(kept) - self.MAX_DECISIONS))):
            del kept[key]

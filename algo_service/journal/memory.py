"""A decision store in memory, which ends with its process."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from copy import copy
from itertools import islice
from typing import Any

from algo_service.decisions import Batch, Decision, Failure, Key, State
from algo_service.journal.content import encode, fingerprint, read
from algo_service.journal.store import (
    CallTimes,
    Known,
    Recent,
    Standing,
    StoredRun,
    StoredWarmUp,
    TakeOver,
    WarmUp,
)


class MemoryStore:
    """Keeps the latest decisions: enough to recognise calls and inputs that come again.

    A bridge holds about 3,000 unacknowledged quotes: those that it read and those under way.
    """

    MAX_DECISIONS = 10_000

    MAX_CONTENT = 1024
    """Bytes of a message that is kept itself; of a longer one its digest is kept."""

    is_durable = False
    content_of = staticmethod(encode)

    def __init__(self) -> None:
        self._known: dict[Key, tuple[Decision | Failure, bytes | None, bytes | None]] = {}
        self._standing = Standing(secrets.token_hex(8), 0, 0, False, None)
        self._seq = 0
        self._at = 0.0
        self.parameters: dict[str, Any] | None = None
        """Those of the decisions; None before the first one."""
        self.portfolio: bytes | None = None
        """The state of the portfolio after the last decision; None before the first one."""

    def stored_run(self) -> StoredRun | None:
        """Return None: what was in memory is lost with its process."""
        return None

    def stored_warm_up(self) -> StoredWarmUp | None:
        """Return None: the state after a warm-up is in the engine."""
        return None

    def keep_warm_up(self, warm_up: WarmUp | None, state: State) -> None:
        """Keep nothing: the state is in the engine."""

    def find(self, keys: Iterable[Key]) -> dict[Key, Known]:
        """Return the latest decisions on inputs with these keys."""
        known = self._known
        return {key: Known(*known[key]) for key in keys if key in known}

    def commit(self, batch: Batch) -> None:
        """Keep the decisions, and remove the oldest beyond MAX_DECISIONS."""
        kept = self._known
        for each, decision in zip(batch.inputs, batch.decisions, strict=True):
            content = each[3]
            is_long = len(content) > self.MAX_CONTENT
            found = (None, fingerprint(read(content))) if is_long else (content, None)
            kept[each[0]] = decision, *found
        self._seq, self._at = batch.seq, batch.at
        self.parameters, self.portfolio = batch.parameters, batch.after.portfolio
        self._remove_oldest()

    def _remove_oldest(self) -> None:
        kept = self._known
        for key in list(islice(kept, max(0, len(kept) - self.MAX_DECISIONS))):
            del kept[key]

    def note_call(self, times: CallTimes) -> None:
        """Keep nothing: nobody asks for the times of what is in memory."""

    def note_start(self, spec: str) -> None:
        """Keep nothing: there is only one start."""

    def note_rollback(self, inputs: int, error: str) -> None:
        """Keep nothing: nobody runs these inputs again."""

    def outputs_since(
        self,
        seconds: float,  # noqa: ARG002
        after: int,  # noqa: ARG002
        limit: int,  # noqa: ARG002
    ) -> list[tuple[int, Decision | Failure]]:
        """Return nothing: a caller that needs outputs again needs a durable store."""
        return []

    def standing(self) -> Standing:
        """Return that of this process."""
        return self._standing._replace(seq=self._seq)

    def recent(self) -> list[Recent]:
        """Return what it holds; all as of the last batch, because the times are not kept."""
        first = self._seq - len(self._known) + 1
        return [
            Recent(seq, key, content, digest, decision, self._at, 0.0)
            for seq, (key, (decision, content, digest)) in enumerate(self._known.items(), first)
        ]

    def take_over(self, taken: TakeOver) -> None:
        """Keep the latest decisions, to recognise inputs that come again."""
        self._known = {
            each.key: (each.decision, each.content, each.digest) for each in taken.recent
        }
        self._remove_oldest()
        self.parameters, self.portfolio = taken.parameters, taken.state.portfolio
        self._seq, self._at = taken.seq, taken.recent[-1].at if taken.recent else 0.0
        self._standing = self._standing._replace(epoch=taken.epoch, taken_over=taken.epoch)

    def note_handed_over(self, epoch: int, text: str) -> None:  # noqa: ARG002
        """Keep that for as long as the process runs."""
        self._standing = self._standing._replace(epoch=epoch, handed_over=True)

    def note_taken_back(self, epoch: int) -> None:
        """Keep that for as long as the process runs."""
        self._standing = self._standing._replace(epoch=epoch, handed_over=False)

    def copy(self) -> MemoryStore:
        """Return a store with what this one holds now."""
        made = copy(self)
        made._known = self._known.copy()
        return made

    def close(self) -> None:
        """Release nothing."""

"""Tells one receiver, on a thread of its own: a broken one keeps back nobody else."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from datetime import tzinfo

from algo_service.notify.digest import Batch, Digest
from algo_service.notify.notice import Kind, Notice
from algo_service.notify.pacing import MAX_ATTEMPTS, Pacing
from algo_service.notify.target import Target

log = logging.getLogger(__name__)

# Quiet hours begin and end by a clock that may be set: seconds until the next look at it.
_LOOK = 15.0


class Receiver:
    """One receiver; `offer` may be called on any thread, and never waits.

    :param zone: whose clock the lines show; None is that of this computer.
    """

    def __init__(self, target: Target, pacing: Pacing, zone: tzinfo | None):
        self.name = target.name
        self.delivered = 0
        """Messages that were taken."""
        self.failed = 0
        """Attempts that were not."""
        self.left_out: Counter[Kind] = Counter()
        """Notices that no message has as a line, by kind: each is in the count of one."""
        self._target = target
        self._pacing = pacing
        self._digest = Digest(zone)
        self._changed = threading.Condition()
        self._trouble: str | None = None
        self._is_ended = False
        self._thread = threading.Thread(target=self._run, name=target.name, daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def offer(self, notice: Notice) -> None:
        """Have something told."""
        with self._changed:
            if not self._digest.add(notice):
                self.left_out[notice.kind] += 1
            self._changed.notify()

    @property
    def trouble(self) -> str | None:
        """Why the last message was not taken, as a sentence; None if it was."""
        trouble = self._trouble
        return None if trouble is None else f"{self.name} takes no message: {trouble}"

    def end(self) -> None:
        """Send what waits and may be sent now, and nothing later; it does not wait for that."""
        with self._changed:
            self._is_ended = True
            self._changed.notify()

    def has_sent_all(self, patience: float) -> bool:
        """Await its end; return whether nothing is left.

        :param patience: seconds that it may take.
        """
        if self._thread.is_alive():  # it may never have been started
            self._thread.join(max(0.0, patience))
        with self._changed:
            return not (self._digest.has(is_urgent=True) or self._digest.has(is_urgent=False))

    def _run(self) -> None:
        while (batch := self._next()) is not None:
            reason = self._target.send(batch.message)
            with self._changed:
                self._take_in(batch, reason)

    def _next(self) -> Batch | None:
        """Await the time of the next message; None at the end."""
        with self._changed:
            while True:
                turn = self._pacing.turn(
                    time.monotonic(),
                    time.time(),
                    has_urgent=self._digest.has(is_urgent=True),
                    has_other=self._digest.has(is_urgent=False),
                )
                if turn.may_send:
                    return self._digest.compose(urgent_only=turn.urgent_only)
                if self._is_ended:
                    return None
                self._changed.wait(min(turn.wait, _LOOK))

    def _take_in(self, batch: Batch, reason: str | None) -> None:
        if reason is None:
            self.delivered += 1
            self._digest.sent(batch)
            if self._trouble is not None:
                log.info("%s takes messages again", self.name)
            self._trouble = None
            self._pacing.sent(time.monotonic())
            return
        self.failed += 1
        is_over = self._pacing.failed(time.monotonic())
        if reason != self._trouble:
            log.warning("%s takes no message: %s; it is tried again", self.name, reason)
        self._trouble = reason
        if is_over:
            log.error(
                "%s has not taken a message in %d attempts: its %d lines are only counted now",
                self.name,
                MAX_ATTEMPTS,
                len(batch.notices),
            )
            self.left_out.update(each.kind for each in batch.notices)
            self._digest.give_up(batch)

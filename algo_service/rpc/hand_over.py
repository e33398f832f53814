"""The methods by which a bridge hands a journal, or an account, from one service to another."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from algo_service.rpc.exposed import exposed
from algo_service.rpc.worker import Worker
from algo_service.served import ServedAlgorithm

log = logging.getLogger(__name__)


class HandOverMethods:
    """The methods that a bridge calls at a swap, callable from gevent's hub.

    contracts/README.md, "RPC", says what each does.

    :param served: what is served; the worker alone calls its methods.
    :param unread: nobody reads the journal as long as its context lasts.
    """

    def __init__(
        self,
        served: ServedAlgorithm,
        worker: Worker,
        unread: Callable[[], AbstractContextManager[None]],
    ):
        self._served = served
        self._worker = worker
        self._unread = unread
        self._is_on_trial = False
        self.on_opened: Callable[[], None] = lambda: None
        """Called in the hub's thread when `acquire` or `take_back` has had it decide again."""
        self.on_serving: Callable[[], None] = lambda: None
        """Called in the hub's thread after that, once bridges are to find it."""
        self.on_released: Callable[[], None] = lambda: None
        """Called in the hub's thread when `release` or `hand_over` has ended its decisions."""

    def by_name(self) -> dict[str, Callable[..., Any]]:
        """Return what the server exposes, by name."""
        methods: dict[str, Callable[..., Any]] = {
            "journal": self.journal,
            "hand_over": self.hand_over,
            "take_over": self.take_over,
            "take_back": self.take_back,
        }
        if self._served.file is not None:
            methods["release"] = self.release
            methods["acquire"] = self.acquire
        return methods

    @exposed
    def journal(self) -> dict[str, Any]:
        """Return which journal this is, its seq and epoch, and what was handed over."""
        return self._worker.call(self._served.standing)

    @exposed
    def release(self) -> dict[str, Any]:
        """Close the journal, and decide nothing until `acquire`; returns what `journal` does."""
        was_open, decided = self._served.is_open, self._served.decides
        with self._unread():
            standing = self._worker.call(self._served.release)
        self._is_on_trial = False
        if decided:
            self.on_released()
        if was_open:
            log.warning("released the journal %s: standby now", self._served.file)
        return standing

    @exposed
    def acquire(self, epoch: int) -> dict[str, Any]:
        """Open the journal, with an epoch above its own; returns what `journal` does."""
        was_open = self._served.is_open
        standing = self._worker.call(self._served.acquire, epoch)
        if not was_open:
            log.warning("acquired the journal %s, epoch %d", self._served.file, epoch)
            if self._served.decides:
                self.on_opened()
                # of a journal that has not begun it may be the algorithm that an account is handed
                # over to, or not: until then the one before is to be found
                self._is_on_trial = not self._served.engine.has_begun
                if not self._is_on_trial:
                    self.on_serving()
        return standing

    @exposed
    def hand_over(self, epoch: int) -> dict[str, Any]:
        """Decide nothing more; returns the account that another algorithm goes on with."""
        decided = self._served.decides
        account = self._worker.call(self._served.hand_over, epoch)
        if decided:
            self.on_released()
            name, seq = self._served.name, account["seq"]
            log.warning("%s was handed over after decision %s, epoch %d", name, f"{seq:,}", epoch)
            for order in account["cancelled"]:
                log.warning(
                    "%s is cancelled: another algorithm goes on",
                    order["order_id"],
                    extra={"order_id": order["order_id"]},
                )
        return account

    @exposed
    def take_over(self, account: dict[str, Any], epoch: int) -> dict[str, Any]:
        """Go on with an account that was handed over; returns what `journal` does."""
        before = self._worker.call(self._served.standing)["taken_over"]
        standing = self._worker.call(self._served.take_over, account, epoch)
        if before != epoch:
            self._log_taken_over(standing)
        self.end_trial()
        return standing

    def end_trial(self) -> None:
        """Let bridges find it from now on, if its first decision or an account was awaited."""
        if self._is_on_trial:
            self._is_on_trial = False
            self.on_serving()

    def _log_taken_over(self, standing: dict[str, Any]) -> None:
        found = self._worker.call(self._served.snapshot)
        held = ", ".join(f"{each['quantity']:g} {sid}" for sid, each in found["positions"].items())
        log.warning(
            "%s goes on after decision %s of the algorithm before, epoch %d, with cash %.2f and %s,"
            " whatever its parameters say",
            self._served.name,
            f"{standing['seq']:,}",
            standing["epoch"],
            found["cash"],
            held or "nothing held",
        )

    @exposed
    def take_back(self, epoch: int) -> dict[str, Any]:
        """Decide again after a hand-over that came to nothing; returns what `journal` does."""
        decided = self._served.decides
        standing = self._worker.call(self._served.take_back, epoch)
        if not decided:
            log.warning("%s was taken back, and decides again, epoch %d", self._served.name, epoch)
            self.on_opened()
            self.on_serving()
        return standing

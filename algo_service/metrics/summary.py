"""A log line every few seconds that says what a service has decided."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import NamedTuple

from algo_service import figures
from algo_service.engine.tally import Tally

log = logging.getLogger(__name__)

INTERVAL = 5.0
"""Seconds between two lines."""


class _Counts(NamedTuple):
    quotes: int
    data: int
    orders: int
    cut: int
    refused: int
    failed: int


class Summary:
    """Logs what has been decided since the last line, unless that is nothing.

    The hub's thread calls all methods.

    :param tally: of the service.
    :param equity: returns that of the algorithm, if it is known.
    """

    def __init__(self, tally: Tally, equity: Callable[[], float | None]):
        self._tally = tally
        self._equity = equity
        self._before = self._now()

    def run(self, sleep: Callable[[float], None]) -> None:
        """Log a line whenever it is time, for ever."""
        while True:
            sleep(INTERVAL)
            self.log()

    def log(self) -> None:
        """Log a line now."""
        now = self._now()
        found = _Counts(*(after - before for after, before in zip(now, self._before, strict=True)))
        self._before = now
        if not any(found):
            return
        equity = self._equity()
        log.info(
            "%s%s",
            _sentence(found),
            "" if equity is None else f", equity {figures.money(equity, equity)}",
            extra={**found._asdict(), "equity": equity},
        )

    def _now(self) -> _Counts:
        decisions, orders = self._tally.decisions, self._tally.orders
        return _Counts(
            decisions["quote"],
            decisions["data"],
            orders["placed"] + orders["cut"],
            orders["cut"],
            orders["refused"],
            self._tally.failures,
        )


def _sentence(found: _Counts) -> str:
    words = [f"{found.quotes:,} quote{'s' * (found.quotes != 1)} decided"]
    if found.data:
        words.append(f"{found.data:,} data")
    words.append(f"{found.orders:,} order{'s' * (found.orders != 1)}")
    for name in ("cut", "refused", "failed"):
        if count := getattr(found, name):
            words.append(f"{count:,} {name}")
    return ", ".join(words)

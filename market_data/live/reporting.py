"""Publishes what a live source reports besides its quotes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

from market_data.error_record import error_record
from market_data.live.source import Bound, Report

# Lines for the user of each code but "gap"; all of them are published.
_MAX_SHOWN = 10


class _Sink(Protocol):
    """What this needs of a Publisher."""

    def publish(self, text: str, mark: int, topic: str, *, is_awaited: bool) -> None: ...


class Reporter:
    """Publishes reports, and shows them.

    :param topic: where they are published, with the prefix.
    :param quotes: the topic of the quotes that they are about, without the prefix.
    """

    def __init__(self, publisher: _Sink, topic: str, quotes: str, notify: Callable[[str], None]):
        self._publisher = publisher
        self._topic = topic
        self._quotes = quotes
        self._notify = notify
        self.counts: Counter[str] = Counter()
        """The number of reports of each code."""

    @property
    def published(self) -> int:
        """The number of reports."""
        return self.counts.total()

    def publish(self, report: Report, mark: int) -> None:
        """Publish one report, and show it unless many of the kind were shown."""
        self.counts[report.code] += 1
        if report.code == "gap" or self.counts[report.code] <= _MAX_SHOWN:
            self._notify(report.reason)
        self._publisher.publish(_record(report, self._quotes), mark, self._topic, is_awaited=False)


def _record(report: Report, topic: str) -> str:
    gap: dict[str, Any] | None = None
    if report.gap is not None:
        sid, after, before, missing = report.gap
        gap = {"sid": sid, "after": _bound(after), "before": _bound(before)}
        if missing is not None:
            gap["missing"] = missing
    return error_record(topic, report.payload, report.code, report.reason, gap)


def _bound(bound: Bound) -> dict[str, Any]:
    return {name: value for name, value in bound._asdict().items() if value is not None}

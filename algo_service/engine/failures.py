"""Quotes that failed, counted by their reason: a thousand equal errors are one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from algo_service.decisions import Failure

MAX_REASONS = 20
"""Reasons that are kept; quotes that fail for other reasons are only counted."""

# What differs between two errors of one kind: what is quoted, and numbers.
_DETAIL = re.compile(r"'[^']*'|\"[^\"]*\"|[-+]?\d[\d.,]*(?:[eE][-+]?\d+)?")


@dataclass
class FailureReason:
    """Quotes that failed for one reason."""

    quote: Any
    """The first of them."""
    error: str
    """`Name: message`, of the first one."""
    traceback: str
    """Of the first one; empty where no code of the algorithm has raised."""
    place: str
    """The line of the algorithm's own that raised: `my_algo.py, line 12, in event`, or empty."""
    count: int = 1

    def __str__(self) -> str:
        return f"{self.error} ({self.place})" if self.place else self.error


class Failures:
    """Counts quotes that failed, in bounded memory."""

    def __init__(self) -> None:
        self.total = 0
        self._reasons: dict[tuple[str, str], FailureReason] = {}

    def add(self, quote: Any, failure: Failure) -> None:
        """Count a quote.

        One reason is one line of code and one type of exception; where no line is known, one
        sentence without the values in it.
        """
        self.total += 1
        error, place = failure["error"], failure.get("place", "")
        key = (place, failure.get("type", "")) if place else ("", _DETAIL.sub("", error))
        known = self._reasons.get(key)
        if known is not None:
            known.count += 1
        elif len(self._reasons) < MAX_REASONS:
            self._reasons[key] = FailureReason(quote, error, failure["traceback"], place)

    @property
    def reasons(self) -> list[FailureReason]:
        """The first 20 reasons, the most frequent first."""
        return sorted(self._reasons.values(), key=lambda each: -each.count)

    def lines(self) -> Iterator[str]:
        """Yield a sentence for each reason."""
        reasons = self.reasons
        for each in reasons:
            yield f"failed: {quotes(each.count)}: {each}"
        if others := self.total - sum(each.count for each in reasons):
            yield f"failed: {quotes(others)} for other reasons"


def quotes(count: int) -> str:
    """Return `1 quote`, `2 quotes`."""
    return f"{count:,} quote{'' if count == 1 else 's'}"

"""Reports rows that are skipped, while history is published."""

from __future__ import annotations

import logging
import sys
from collections import Counter

import click

from market_data.feeds.invalid_quote import SkippedRow

log = logging.getLogger(__name__)


def report(text: str) -> None:
    """Log what somebody should know, and the end of it, below a progress bar if there is one."""
    if sys.stdout.isatty():
        click.echo()
    log.warning("%s", text)


class SkipReporter:
    """Reports the first skipped row of each source and reason, and counts all."""

    def __init__(self, *, several: bool) -> None:
        self.counts: Counter[str] = Counter()
        """By the code of a message, or by what is wrong with a row."""
        self._reported: set[tuple[str, str]] = set()
        self._several = several

    def __call__(self, skipped: SkippedRow) -> None:
        """Report a row, if it is the first one of its kind."""
        self.counts[skipped.code or skipped.problem] += 1
        key = skipped.source, skipped.problem
        if key in self._reported:
            return
        self._reported.add(key)
        where = f"row {skipped.row}" + (f" of {skipped.source}" if self._several else "")
        report(f"{where} skipped: {skipped.reason}")

"""One line on a terminal that says how far a recorder has come."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import click

from market_data.record.recorder import Counts

_INTERVAL = 0.5


class Progress:
    """Draws the line again twice a second; draws nothing where stdout is no terminal.

    :param where: returns what stands at the end of the line, such as a file's name.
    """

    def __init__(self, where: Callable[[], str]):
        self._where = where
        self._is_shown = sys.stdout.isatty()
        self._drawn_at = time.monotonic()
        self._kept = 0
        self._width = 0

    def show(self, counts: Counts) -> None:
        """Draw the line, if it is time."""
        if not self._is_shown:
            return
        now = time.monotonic()
        if (passed := now - self._drawn_at) < _INTERVAL:
            return
        rate = (counts.kept - self._kept) / passed
        self._drawn_at, self._kept = now, counts.kept
        line = f"{counts.kept:,} messages  {rate:,.0f} per second  {self._where()}".rstrip()
        click.echo("\r" + line.ljust(self._width), nl=False)
        self._width = len(line)

    def end(self) -> None:
        """Leave the line as it is."""
        if self._width:
            click.echo()
            self._width = 0

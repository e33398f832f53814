"""Shows the progress of long work."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import click

Advance = Callable[[int], None]


@contextmanager
def progress(label: str, length: int | None = None) -> Iterator[Advance]:
    """Show a bar, where there is a terminal to show it.

    :param label: what is counted.
    :param length: how many there are, if that is known.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    # how many quotes there are is not known before they are read: then it counts
    steps = count() if length is None else range(length)
    with click.progressbar(steps, length, label, show_pos=True, file=sys.stderr) as bar:
        yield bar.update

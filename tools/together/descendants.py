"""Which processes a process has started."""

from __future__ import annotations

import contextlib
from pathlib import Path


def descendants(ancestor: int) -> set[int]:
    """Return the ids of all processes that `ancestor` or one of its descendants has started."""
    children: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # proc(5): the parent is the second field after the name, which may hold anything
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(folder.name))
    found: set[int] = set()
    ahead = [ancestor]
    while ahead:
        for child in children.get(ahead.pop(), []):
            found.add(child)
            ahead.append(child)
    return found

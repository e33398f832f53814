"""The algorithms at a broker, as a table or as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from rich.cells import cell_len, set_cell_size

from algo_service import figures
from algo_service.discovery.directory import Directory
from algo_service.watch.messages import clean

ANSWER = 1.0
"""Seconds that a bridge has to show that it lives."""

_TITLES = ("name", "state", "address", "served by", "equity", "last quote")
_UNKNOWN = "-"
_GAP = "  "


def table(directory: Directory) -> Iterator[str]:
    """Yield the lines of a table, its titles first."""
    rows = [_TITLES, *(_row(directory, name) for name in sorted(directory.names))]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True)]
        yield _GAP.join(cells).rstrip()


def as_json(directory: Directory) -> str:
    """Return the same as a list of maps, with all that the records hold."""
    return json.dumps(
        [_fields(directory, name) for name in sorted(directory.names)], ensure_ascii=False
    )


def _row(directory: Directory, name: str) -> tuple[str, ...]:
    record, claim = directory.records.get(name), directory.claims.get(name)
    snapshot = directory.snapshots.get(name)
    served = str(claim) if claim else _UNKNOWN
    if claim and name not in directory.answered and not directory.is_denied:
        served += ", no answer"
    equity = snapshot.equity if snapshot else None
    last = snapshot.last if snapshot else None
    return (
        clean(name),
        record.state if record else _UNKNOWN,
        record.address if record else _UNKNOWN,
        served,
        _UNKNOWN if equity is None else figures.money(equity, equity),
        f"{last.sid} {figures.price(last.price)}" if last else _UNKNOWN,
    )


def _fields(directory: Directory, name: str) -> dict[str, Any]:
    record, claim = directory.records.get(name), directory.claims.get(name)
    snapshot = directory.snapshots.get(name)
    answers = None if directory.is_denied else name in directory.answered
    served = claim and {**claim._asdict(), "answers": answers}
    last = snapshot.last if snapshot else None
    return {
        "name": name,
        **(record._asdict() if record else {"state": None, "address": None}),
        "served_by": served,
        "equity": snapshot.equity if snapshot else None,
        "last": last and last._asdict(),
    }

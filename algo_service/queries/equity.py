"""The equity curve, from the values that a journal keeps minute by minute of quote time."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from portfolio.times import SECOND

MINUTE = 60 * SECOND

_Row = tuple[int, float, float, float]
"""Minute, equity, cash, exposure."""

_equity_of = itemgetter(1)
_FIRST, _LAST = -(2**62), 2**62


def equity(database: sqlite3.Connection, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the curve, thinned to a number of points.

    :param options: `from` and `to` in nanoseconds or None, both included; `points`.
    """
    first, last = _minute(options["from"], _FIRST), _minute(options["to"], _LAST)
    (count,) = database.execute(
        "SELECT count(*) FROM minutes WHERE minute BETWEEN ? AND ?", (first, last)
    ).fetchone()
    rows = _curve(database, first, last, count, options["points"])
    return {
        "points": [[minute * 60, *values] for minute, *values in rows],
        "minutes": count,
        "thinned": count > options["points"],
    }


def _minute(ns: int | None, otherwise: int) -> int:
    return otherwise if ns is None else ns // MINUTE


def _curve(
    database: sqlite3.Connection, first: int, last: int, count: int, points: int
) -> list[_Row]:
    """Return the rows of a span, or, of pieces of equal length, the highest and the lowest.

    The first and the last row are always among them. A fall that spans several pieces keeps its
    depth.
    """
    if count <= points:
        return _piece(database, first, last, points)
    pieces = (points - 2) // 2
    size = -(-count // pieces)
    rows: list[_Row] = []
    kept: list[_Row] = []
    while rows := _piece(database, first, last, size):
        if not kept:
            kept.append(rows[0])
        ends = min(rows, key=_equity_of), max(rows, key=_equity_of)
        kept += [row for row in sorted(set(ends)) if row != kept[-1]]
        first, end = rows[-1][0] + 1, rows[-1]
    if kept[-1] != end:
        kept.append(end)
    return kept


def _piece(database: sqlite3.Connection, first: int, last: int, limit: int) -> list[_Row]:
    # each statement by itself, so that no read of an old state lasts: the service could not shorten
    # its -wal meanwhile
    return database.execute(
        "SELECT minute, equity, cash, exposure FROM minutes WHERE minute BETWEEN ? AND ?"
        " ORDER BY minute LIMIT ?",
        (first, last, limit),
    ).fetchall()

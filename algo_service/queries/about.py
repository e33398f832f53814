"""What runs, with which parameters, and which journal it keeps."""

from __future__ import annotations

import json
import platform
import sqlite3
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from algo_service.contract import CONTRACT
from algo_service.journal import layout, standing
from algo_service.journal.mark import beside

MAX_TEXT = 500
"""Characters of a line of the log."""


def parameters(database: sqlite3.Connection, options: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG001
    """Return the algorithm, its parameters, and the versions of what runs it.

    The parameters are null before the first decision.
    """
    meta = dict(database.execute("SELECT name, value FROM meta"))
    start = database.execute(
        "SELECT text FROM log WHERE kind = 'start' ORDER BY rowid DESC LIMIT 1"
    ).fetchone()
    return {
        "algorithm": start[0] if start else None,
        "parameters": _read(meta.get("parameters")),
        "warm_up": _read(meta.get("warm_up")),
        "versions": {
            "tickwire": _version(),
            "contract": CONTRACT,
            "python": platform.python_version(),
        },
    }


def journal(database: sqlite3.Connection, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return which journal it is, its size, and its log, the newest line first.

    :param options: `limit`, of lines.
    """
    (_, _, name), *_ = database.execute("PRAGMA database_list")
    file, limit = Path(name), options["limit"]
    found = standing.read(database)
    log = database.execute(
        "SELECT seq, at, kind, text FROM log ORDER BY rowid DESC LIMIT ?", (limit + 1,)
    ).fetchall()
    return {
        "file": str(file),
        "bytes": _size(file),
        "wal_bytes": _size(beside(file)),
        "layout": layout.layout_of(database),
        **found._asdict(),
        "log": [
            {"seq": seq, "at": at, "kind": kind, "text": text[:MAX_TEXT]}
            for seq, at, kind, text in log[:limit]
        ],
        "more": len(log) > limit,
    }


def _read(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def _version() -> str | None:
    try:
        return version("tickwire")
    except PackageNotFoundError:
        return None  # it runs from a folder where it was not installed


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0

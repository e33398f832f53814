"""Values of a cursor: as parts of ids, and in a state file."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

Cursor = int | float | str | Decimal | datetime | date | UUID

# The types that JSON has not, by the name that stands for each in a state file.
_WRITTEN: dict[str, tuple[type, Any]] = {
    "datetime": (datetime, datetime.fromisoformat),
    "date": (date, date.fromisoformat),
    "decimal": (Decimal, Decimal),
    "uuid": (UUID, UUID),
}


def is_cursor(value: object) -> bool:
    """Tell whether rows can be followed by such a value."""
    if isinstance(value, bool) or (isinstance(value, float | Decimal) and not math.isfinite(value)):
        return False
    return isinstance(value, Cursor)


def text_of_cursor(value: Cursor) -> str:
    """Return a value as a part of an id: the same for the same value, whatever reads it."""
    if isinstance(value, datetime):
        # the zone in which a database shows an instant is the session's
        moment = value if value.tzinfo is None else value.astimezone(UTC)
        return moment.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return str(value)


def to_json(value: Cursor | None) -> Any:
    """Return a value as a state file has it."""
    for name, (kind, _parse) in _WRITTEN.items():
        if isinstance(value, kind):
            shown = value.isoformat() if isinstance(value, date) else str(value)
            return {name: shown}
    return value


def from_json(written: Any) -> Cursor | None:
    """Return the value; ValueError, KeyError or TypeError if it is none."""
    if isinstance(written, dict):
        [(name, text)] = written.items()
        value: Cursor = _WRITTEN[name][1](text)
        return value
    if written is not None and not is_cursor(written):
        raise TypeError
    return written  # type: ignore[no-any-return]

"""A quote's own time: the only clock that a limit knows."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from portfolio.errors import MissingTimeError

DAY = 86_400.0
"""Seconds."""


def seconds(data: Mapping[str, Any], needed_by: str) -> float:
    """Return a quote's `ts` as seconds since the epoch.

    :param needed_by: the parameter that asks, for the error.
    :raises MissingTimeError: if it has none, or one that is no ISO 8601 text (without an offset:
        UTC) and no epoch milliseconds.
    """
    ts = data.get("ts")
    try:
        if isinstance(ts, int | float):
            # as a date, so that infinity and the like are refused
            return datetime.fromtimestamp(ts / 1000, UTC).timestamp()
        time = datetime.fromisoformat(ts)  # type: ignore[arg-type]  # None raises TypeError
    except (TypeError, ValueError, OverflowError):
        found = "has no ts" if ts is None else f"has the ts {ts!r:.40}"
        raise MissingTimeError(
            f"{needed_by} reads the time of every quote, and this one of {data.get('sid')} {found}:"
            " it has to be ISO 8601 or epoch milliseconds"
        ) from None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()

"""Quotes that were made of other quotes, such as the bars of `market-data bars`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portfolio.errors import InvalidTimeError
from portfolio.times import instant


def source_time(data: Mapping[str, Any]) -> Any:
    """Return the `ts` of the quote whose price this one has; None if it was made of no others.

    Such a quote has `of`: channel, id and `ts` of the last quote that it was made of. Any other
    field of this name has another meaning.
    """
    match data.get("of"):
        case [str(), str(), str() | int() | float() as ts]:
            return ts
    return None


def is_after(ts: Any, other: Any) -> bool:
    """Return whether a time is after another one; so is each if one of them is none."""
    try:
        return instant(ts) > instant(other)
    except InvalidTimeError:
        return True

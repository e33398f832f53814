"""What a quote's fields are called: their own names, and those of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

TIMES = ("time", "timestamp", "date", "datetime")
_SID = ("sid", "symbol", "ticker")
_QUOTE = ("quote", "price", "last", "close")
_TS = ("ts", *TIMES)
_TIMES = frozenset(_TS)


def name_of(target: str, message: Mapping[str, Any]) -> str | None:
    """Return the name under which a field is in a message, None if it is not.

    An alias counts only where the proper name is absent. A time that is null is as good as none.
    """
    if target == "ts":
        if _TIMES.isdisjoint(message):
            return None
        return next((name for name in _TS if message.get(name) is not None), None)
    return _first(_SID if target == "sid" else _QUOTE, message)


def _first(names: Sequence[str], message: Mapping[str, Any]) -> str | None:
    return next((name for name in names if name in message), None)

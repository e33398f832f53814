"""What people are told: one line about one thing that has happened."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

Kind = Literal[
    "orders",
    "refusals",
    "fills",
    "halts",
    "stops",
    "algorithms",
    "errors",
    "alerts",
    "broker",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

BY_CHOICE: tuple[Kind, ...] = ("refusals", "fills")
"""Those that are told only if --only names them."""

_SINGULAR: dict[Kind, str] = {
    "orders": "order",
    "refusals": "refusal",
    "fills": "fill",
    "halts": "halt",
    "stops": "stop",
    "algorithms": "change of an algorithm",
    "errors": "error",
    "alerts": "alert",
    "broker": "change of the broker",
}
_PLURAL: dict[Kind, str] = {
    "algorithms": "changes of algorithms",
    "broker": "changes of the broker",
}


class Notice(NamedTuple):
    """One line about one thing that has happened."""

    kind: Kind
    text: str
    at: float
    """When it came here, in seconds since 1970."""
    is_urgent: bool = False
    """Whether it is told in quiet hours, and at once."""


def counted(kind: Kind, count: int) -> str:
    """Return a number of notices as words, such as `2 orders`."""
    return f"{count:,} {_SINGULAR[kind] if count == 1 else _PLURAL.get(kind, kind)}"

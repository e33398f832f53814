"""The reply to a command, read from the wire."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from algo_service.watch.messages import clean

OUTCOMES = ("done", "unchanged", "refused")


class WaitingSale(NamedTuple):
    """A sale of a flatten that waits for the next quote of its instrument."""

    order_id: str
    sid: str
    quantity: float


class Reply(NamedTuple):
    """What a command led to."""

    outcome: str
    text: str
    waiting: tuple[WaitingSale, ...]


def read_reply(payload: bytes, id_: str) -> Reply | None:
    """Return the reply to the command of this id; None if it is another message."""
    try:
        fields = json.loads(payload)
        if not isinstance(fields, dict) or fields.get("id") != id_:
            return None
        return _reply(fields)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None


def _reply(fields: dict[str, Any]) -> Reply | None:
    outcome, text = fields["outcome"], fields["text"]
    if outcome not in OUTCOMES or not isinstance(text, str):
        return None
    waiting = [
        WaitingSale(clean(each["order_id"]), clean(each["sid"]), float(each["quantity"]))
        for each in fields.get("waiting") or []
    ]
    return Reply(outcome, clean(text, 10_000), tuple(waiting))

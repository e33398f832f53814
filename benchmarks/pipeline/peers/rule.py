"""The rule that all follow, for peers in Python: an order of 1 cash on every second quote."""

from __future__ import annotations

import json
from typing import Any


class Rule:
    """Counts quotes."""

    def __init__(self) -> None:
        self._count = 0

    def event(self, quote: dict[str, Any]) -> dict[str, Any] | None:
        """Return the order, of the same fields as Tickwire's, on every second quote."""
        self._count += 1
        if self._count % 2:
            return None
        price = quote["quote"]
        return {
            "id": f"peer:quotes:{quote['id']}:0",
            "algo": "peer",
            "sid": quote["sid"],
            "side": "buy",
            "kind": "market",
            "quantity": 1 / price,
            "price": price,
            "amount": 1.0,
            "ts": None,
            "quote_id": quote["id"],
        }


class Decider:
    """The same from JSON to JSON."""

    def __init__(self) -> None:
        self._rule = Rule()

    def decide(self, payload: bytes) -> str | None:
        """Return the order as JSON, or None."""
        order = self._rule.event(json.loads(payload))
        return json.dumps(order) if order else None

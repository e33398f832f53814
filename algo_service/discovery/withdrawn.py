"""What a bridge leaves on `bridges/<algo>` when it has ended (contracts/bridge.schema.json)."""

from __future__ import annotations

import json


def is_withdrawn(payload: bytes) -> bool:
    """Whether no bridge claims the algorithm: nothing is left, or where its backend is alone."""
    if not payload:
        return True
    try:
        fields = json.loads(payload)
        return "instance" not in fields and ("assignment" in fields or "swap" in fields)
    except (ValueError, TypeError, RecursionError):
        return False

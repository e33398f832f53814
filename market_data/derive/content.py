"""A digest of a quote, to notice another one with the same id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

_as_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode
_new_hash = hashlib.blake2b(digest_size=8).copy


def digest(message: Mapping[str, Any]) -> int:
    """Return 64 bits of all fields of a quote in the canonical form, with a sign.

    It is the same in any order of the fields, and for the same values in any process.
    """
    hashed = _new_hash()  # a copy takes less time than a new one
    hashed.update(_as_json(message).encode())
    return int.from_bytes(hashed.digest(), "big", signed=True)

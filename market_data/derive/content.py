"""A digest of a quote, to notice another one with the same id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import msgpack

_NESTED = {dict, list}
# made once: making one costs as much as packing a quote with it
_pack = msgpack.Packer().pack
_as_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode
_new_hash = hashlib.blake2b(digest_size=8).copy


def digest(message: Mapping[str, Any]) -> int:
    """Return 64 bits of all fields of a quote in the canonical form, with a sign.

    It is the same in any order of the fields, of maps within them, too, and for the same values in
    any process. MessagePack takes half the time of JSON, and would keep the order within.
    """
    hashed = _new_hash()  # a copy takes less time than a new one
    hashed.update(_encoded(message))
    return int.from_bytes(hashed.digest(), "big", signed=True)


def _encoded(message: Mapping[str, Any]) -> bytes:
    if _NESTED.isdisjoint(map(type, message.values())):
        packed: bytes = _pack(sorted(message.items()))
        return packed
    return _as_json(message).encode()

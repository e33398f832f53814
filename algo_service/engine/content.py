"""The content of a message as bytes: in one form for its digest, and as it is for a store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgpack

from algo_service.errors import InputError, StateError
from algo_service.journal import codec

CHANGED = b"\xc1"
"""Begins content that versions before layout 4 of the journal encoded in another way. MessagePack
never uses this byte."""

_NESTED = {dict, list}
# Made once: making one costs as much as packing a quote with it.
_pack = msgpack.Packer().pack


def canonical(message: Mapping[str, Any]) -> bytes:
    """Return the same bytes for the same message, in any order of its fields.

    Another feed may write a quote's fields in another order. A flat message is MessagePack of its
    sorted fields; a nested one is JSON with sorted keys, or, if JSON cannot hold it, the codec's
    form behind a byte of its own.

    :raises InputError: if it is nested too deeply for JSON.
    """
    try:
        if _NESTED.isdisjoint(map(type, message.values())):
            packed: bytes = _pack(sorted(message.items()))
            return packed
    except (TypeError, ValueError, OverflowError):
        pass  # slower, and takes anything
    try:
        return json.dumps(message, sort_keys=True).encode()
    except (TypeError, ValueError):
        pass
    except RecursionError:
        raise InputError("the message is nested too deeply: it has at most 32 levels") from None
    try:
        return CHANGED + codec.encode(_sorted(message))
    except StateError:
        # of a message that did not come over a wire: enough to recognise it
        return json.dumps(message, sort_keys=True, default=repr).encode()


def encode(message: Mapping[str, Any]) -> bytes:
    """Return the bytes that `read` makes the same message of, its fields in the same order.

    An algorithm may depend on the order, as a sum of floats does.
    """
    try:
        packed: bytes = _pack(message)
        return packed
    except (TypeError, ValueError, OverflowError):
        pass
    try:
        return codec.encode(message)
    except StateError:
        # text that is not UTF-8; or it did not come over a wire, and cannot be read back
        return json.dumps(message, default=repr).encode()


def read(content: bytes) -> dict[str, Any]:
    """Return the message that `encode` made the bytes of."""
    # MessagePack begins no map with this byte
    message: dict[str, Any] = (
        json.loads(content) if content.startswith(b"{") else codec.decode(content)
    )
    return message


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value, key=repr)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value

"""The content of a message as bytes: as it came, for a store, and in one form, for its digest."""

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

MAX_LEVELS = 32
"""Of maps and lists in a message (contracts/limits.json)."""

_NESTED = {dict, list}
# Made once: making one costs as much as packing a quote with it.
_pack = msgpack.Packer().pack


def canonical(message: Mapping[str, Any]) -> bytes:
    """Return the same bytes for the same message, in any order of its fields.

    Another feed may write a quote's fields in another order. A flat message is MessagePack of its
    sorted fields; a nested one is JSON with sorted keys, or, if JSON cannot hold it, the codec's
    form behind a byte of its own.

    :raises InputError: if it is nested too deeply for MessagePack.
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
        return encode(message)  # recognised in the order of its fields alone
    try:
        return CHANGED + codec.encode(_sorted(message))
    except RecursionError:
        return encode(message)
    except StateError:
        # of a message that did not come over a wire: enough to recognise it
        return json.dumps(message, sort_keys=True, default=repr).encode()


def fingerprint(message: Mapping[str, Any]) -> bytes:
    """Return the digest of a message, 16 bytes, whatever the order of its fields.

    :raises InputError: as `canonical`.
    """
    return codec.digest(canonical(message))


def encode(message: Mapping[str, Any]) -> bytes:
    """Return the bytes that `read` makes the same message of, its fields in the same order.

    An algorithm may depend on the order, as a sum of floats does.

    :raises InputError: if it is nested too deeply.
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
        if _is_deeper(message, MAX_LEVELS):
            raise InputError(
                f"the message is nested too deeply: it has at most {MAX_LEVELS} levels"
            ) from None
        return json.dumps(message, default=repr).encode()


def read(content: bytes) -> dict[str, Any]:
    """Return the message that `encode` made the bytes of."""
    # MessagePack begins no map with this byte
    message: dict[str, Any] = (
        json.loads(content) if content.startswith(b"{") else codec.decode(content)
    )
    return message


def _is_deeper(value: Any, levels: int) -> bool:
    if isinstance(value, Mapping):
        value = value.values()
    elif not isinstance(value, list | tuple):
        return False
    return not levels or any(_is_deeper(each, levels - 1) for each in value)


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value, key=repr)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value

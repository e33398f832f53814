"""The content of a message in one form: its digest is computed from it, and a store keeps it."""

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


def content(message: Mapping[str, Any]) -> bytes:
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
        # of a message that did not come over a wire: enough to recognise it, not to read it back
        return json.dumps(message, sort_keys=True, default=repr).encode()


def read(content: bytes) -> dict[str, Any]:
    """Return the message that `content` made the bytes of."""
    if content.startswith(b"{"):
        message: dict[str, Any] = json.loads(content)
        return message
    return dict(codec.decode(content.removeprefix(CHANGED)))


def _sorted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _sorted(value[key]) for key in sorted(value, key=repr)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value

"""An algorithm's state as bytes, and back with the same values, types and order.

MessagePack, with extension types for the plain Python data that it lacks: tuples, sets and whole
numbers beyond 64 bits. (JSON would turn tuples into lists and keys into text.)
"""

from __future__ import annotations

from typing import Any

import msgpack

from algo_service.errors import StateError

_TUPLE, _SET, _FROZENSET, _INTEGER = range(1, 5)
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1


def encode(data: Any) -> bytes:
    """Return plain data as bytes; equal data in equal order gives equal bytes.

    :param data: None, booleans, numbers, text, bytes, and lists, tuples, sets and maps of these.
    :raises StateError: naming the type, if there is anything else in it.
    """
    try:
        packed: bytes = msgpack.packb(_plain(data), strict_types=True, default=_extend)
    except (TypeError, ValueError, OverflowError) as error:
        raise StateError(f"save() returned what cannot be kept: {error}") from error
    return packed


def decode(packed: bytes) -> Any:
    """Return the data that `encode` made the bytes of."""
    return msgpack.unpackb(packed, ext_hook=_restore, strict_map_key=False)


def _plain(value: Any) -> Any:
    # msgpack raises at a large integer instead of asking `default`
    if type(value) is int and not _SMALLEST <= value <= _LARGEST:
        return msgpack.ExtType(_INTEGER, str(value).encode())
    if type(value) is list:
        return [_plain(each) for each in value]
    if type(value) is dict:
        return {_plain(key): _plain(each) for key, each in value.items()}
    return value


def _extend(value: Any) -> msgpack.ExtType:
    if type(value) is tuple:
        return msgpack.ExtType(_TUPLE, encode(list(value)))
    if type(value) is set:
        # sets have no order: the same one always gives the same bytes
        return msgpack.ExtType(_SET, encode(sorted(value, key=repr)))
    if type(value) is frozenset:
        return msgpack.ExtType(_FROZENSET, encode(sorted(value, key=repr)))
    raise TypeError(
        f"{type(value).__name__} {value!r:.80} is no plain data; there is None, bool, int, float,"
        " str, bytes, list, tuple, set and dict"
    )


def _restore(code: int, packed: bytes) -> Any:
    if code == _INTEGER:
        return int(packed)
    make = {_TUPLE: tuple, _SET: set, _FROZENSET: frozenset}[code]
    return make(decode(packed))

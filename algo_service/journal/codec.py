"""An algorithm's state as bytes, and back with the same values, types and order.

MessagePack, with extension types for the Python data that it lacks: tuples, sets, whole numbers
beyond 64 bits, Decimal, Fraction, and scalars and arrays of numpy. (JSON would turn tuples into
lists and keys into text.)
"""

from __future__ import annotations

import hashlib
import sys
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgpack

from algo_service.errors import StateError

_TUPLE, _SET, _FROZENSET, _INTEGER, _DECIMAL, _FRACTION, _SCALAR, _ARRAY = range(1, 9)
# The kinds of numpy, except objects and records, whose bytes do not say what they are.
_KINDS = "biufcmMSU"


_NOT_PLAIN = (TypeError, ValueError, OverflowError, RecursionError)
_NOT_PACKED = (ValueError, LookupError, TypeError, ArithmeticError, RecursionError)


def encode(data: Any) -> bytes:
    """Return plain data as bytes; equal data in equal order gives equal bytes.

    :param data: None, booleans, numbers (Decimal, Fraction and numpy's as well), text, bytes,
        arrays of numpy, and lists, tuples, sets and maps of these.
    :raises StateError: naming the type, if there is anything else in it.
    """
    try:
        # not by _pack, which cannot be called again while it packs a tuple
        packed: bytes = msgpack.packb(data, strict_types=True, default=_extend)
    except _NOT_PLAIN as error:
        raise _refusal(error) from error
    return packed


def size(data: Any) -> int:
    """Return how many bytes `encode` would make of data, in less time.

    :raises StateError: as `encode` does.
    """
    try:
        return len(_pack(data))
    except _NOT_PLAIN as error:
        raise _refusal(error) from error


_new_hash = hashlib.blake2b(digest_size=16).copy


def digest(content: bytes) -> bytes:
    """Return BLAKE2b of the bytes, 16 bytes long."""
    hashed = _new_hash()  # a copy takes less time than a new one
    hashed.update(content)
    return hashed.digest()


def decode(packed: bytes) -> Any:
    """Return the data that `encode` made the bytes of.

    :raises StateError: if it did not.
    """
    try:
        return msgpack.unpackb(packed, ext_hook=_restore, strict_map_key=False)
    except _NOT_PACKED as error:
        found = f"{type(error).__name__}: {error}"
        raise StateError(f"what was kept cannot be read: {found}") from error


def _extend(value: Any) -> msgpack.ExtType:
    if type(value) is int:
        return msgpack.ExtType(_INTEGER, str(value).encode())
    if type(value) is tuple:
        return msgpack.ExtType(_TUPLE, encode(list(value)))
    if type(value) is set:
        # sets have no order: the same one always gives the same bytes
        return msgpack.ExtType(_SET, encode(sorted(value, key=repr)))
    if type(value) is frozenset:
        return msgpack.ExtType(_FROZENSET, encode(sorted(value, key=repr)))
    if type(value) is Decimal:
        return msgpack.ExtType(_DECIMAL, str(value).encode())
    if type(value) is Fraction:
        return msgpack.ExtType(_FRACTION, str(value).encode())
    # not imported: where there is something of numpy, it has been
    numpy = sys.modules.get("numpy")
    if numpy is not None and (type(value) is numpy.ndarray or isinstance(value, numpy.generic)):
        return _extend_numpy(value)
    raise TypeError(
        f"{type(value).__name__} {value!r:.80} is not plain data, which is None, bool, int, float,"
        " str, bytes, list, tuple, set, dict, Decimal, Fraction, and scalars and arrays of numpy"
    )


def _extend_numpy(value: Any) -> msgpack.ExtType:
    if value.dtype.kind not in _KINDS:
        raise TypeError(
            f"numpy's {type(value).__name__} of the dtype {value.dtype} holds more than numbers,"
            " times or text: give its .tolist()"
        )
    is_array = type(value).__name__ == "ndarray"
    shape = list(value.shape)
    fields = [value.dtype.str, shape, value.tobytes()]  # in C order, however it lies in memory
    return msgpack.ExtType(_ARRAY if is_array else _SCALAR, msgpack.packb(fields))


def _restore(code: int, packed: bytes) -> Any:
    if code == _INTEGER:
        return int(packed)
    if code == _DECIMAL:
        return Decimal(packed.decode())
    if code == _FRACTION:
        return Fraction(packed.decode())
    if code in (_SCALAR, _ARRAY):
        return _restore_numpy(code, packed)
    make = {_TUPLE: tuple, _SET: set, _FROZENSET: frozenset}[code]
    return make(decode(packed))


def _restore_numpy(code: int, packed: bytes) -> Any:
    import numpy  # it was installed when the value was kept

    dtype, shape, content = msgpack.unpackb(packed)
    array = numpy.frombuffer(content, dtype).reshape(shape).copy()  # a copy can be written to
    return array if code == _ARRAY else array[()]


# Made once, as making one takes longer than packing a small state.
_pack = msgpack.Packer(strict_types=True, default=_extend).pack


def _refusal(error: Exception) -> StateError:
    return StateError(f"save() returned what cannot be kept: {error}")

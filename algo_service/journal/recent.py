"""The latest decisions as bytes, on their way from one decision store to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgpack

from algo_service.errors import HandOverError, StateError
from algo_service.journal import codec
from algo_service.journal.store import Recent

MIN_DECISIONS = 10_000
"""A store that has so many gives at least these."""

SECONDS = 60.0
"""All decisions of this time are given, up to MAX_DECISIONS: a broker that is killed may lose what
was acknowledged some seconds before."""

MAX_DECISIONS = 100_000

MAX_BYTES = 16 * 1024 * 1024
"""Of what `pack` returns."""


def pack(decisions: Sequence[Recent]) -> bytes:
    """Return decisions as bytes; the oldest are left out beyond MAX_BYTES."""
    packed: list[bytes] = []
    size = 16  # more than the head of the list
    for each in reversed(decisions):
        entry = codec.encode([*each[:1], *each.key, *each[2:]])
        size += len(entry)
        if size > MAX_BYTES:
            break
        packed.append(entry)
    head: bytes = msgpack.Packer().pack_array_header(len(packed))
    return head + b"".join(reversed(packed))


def unpack(packed: bytes) -> list[Recent]:
    """Return the decisions that `pack` made the bytes of.

    :raises HandOverError: if it did not.
    """
    try:
        return [_decision(*each) for each in codec.decode(packed)]
    except (ValueError, TypeError, OverflowError, StateError) as error:
        raise HandOverError(f'"recent" is not what hand_over returns: {error}') from error


def _decision(
    seq: int,
    channel: str,
    input_id: str,
    content: bytes | None,
    digest: bytes | None,
    decision: Any,
    at: float,
    ago: float,
) -> Recent:
    if not isinstance(decision, dict) or not decision.keys() & {"error", "orders"}:
        raise ValueError(f"{decision!r:.80} is no decision")
    return Recent(int(seq), (channel, input_id), content, digest, decision, float(at), float(ago))  # type: ignore[arg-type]

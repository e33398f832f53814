"""What a quote led to, and what it left behind: values that the engine makes and a store keeps."""

from __future__ import annotations

from typing import NamedTuple, TypedDict, final

Key = tuple[str, str]
"""A quote's channel and id."""


@final
class Decision(TypedDict):
    """What a quote led to; orders and fills as JSON text, in the order placed."""

    orders: list[str]
    fills: list[str]


@final
class Failure(TypedDict):
    """Why a quote led to no decision; the traceback is the algorithm's own, or empty."""

    error: str
    traceback: str


Entry = tuple[Key, bytes, Decision | Failure]
"""One quote's decision: its key, the digest of its content, and what it led to.

By the digest, other content under the same key is noticed.
"""


class State(NamedTuple):
    """What the decisions left behind, each part as `journal.codec.encode` writes it."""

    portfolio: bytes | None
    algorithm: bytes | None

"""What an input led to, and what it left behind: values that the engine makes and a store keeps."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, NotRequired, TypedDict, final

Key = tuple[str, str]
"""An input's channel and id."""

Kind = Literal["quote", "data", "command", "execution"]


class Input(NamedTuple):
    """What the engine decides on: a valid message of one of four kinds.

    | kind | comes on | does |
    |---|---|---|
    | quote | the algorithm's channels | `portfolio.begin`, then the algorithm's `event` |
    | data | `data/…`, `indicators/…` | the algorithm's `event` alone |
    | command | `commands/<algo>` | what a person asks of the portfolio: `engine.commands` |
    | execution | `executions/<algo>` | the account applies it; no venue sends one yet |
    """

    key: Key
    kind: Kind
    message: dict[str, Any]
    """The algorithm may write into it."""
    content: bytes
    """What the store keeps of it, `DecisionStore.content_of`; made before the algorithm could write
    into the message."""


@final
class Publication(TypedDict):
    """A message that an algorithm shares, on `data/<algo>/<name>`."""

    name: str
    text: str
    """JSON, with its id and time."""


@final
class Decision(TypedDict):
    """What an input led to; orders and fills as JSON text, in the order placed."""

    orders: list[str]
    fills: list[str]
    data: NotRequired[list[Publication]]
    """What the algorithm has published, in its order; absent if that is nothing."""
    reply: NotRequired[str]
    """Of a command: what was done, as JSON text (contracts/reply.schema.json)."""


@final
class Failure(TypedDict):
    """Why an input led to no decision."""

    error: str
    """`Name: message`, one sentence."""
    traceback: str
    """The algorithm's own, or empty."""
    type: NotRequired[str]
    """The name of the exception."""
    place: NotRequired[str]
    """Where the algorithm raised it: `my_algo.py, line 12, in event`; empty if it did not."""


class State(NamedTuple):
    """What the decisions left behind, each part as `journal.codec.encode` writes it."""

    portfolio: bytes | None
    algorithm: bytes | None


class MinuteValue(NamedTuple):
    """What a portfolio was worth at the end of a minute of quote time."""

    minute: int
    """Minutes since 1970, in UTC."""
    equity: float
    cash: float
    exposure: float


class Batch(NamedTuple):
    """The decisions of one call, and what a store keeps with them."""

    parameters: dict[str, Any]
    inputs: list[Input]
    """At least one; none of their keys was decided before."""
    decisions: list[Decision | Failure]
    """One for each input."""
    before: State
    after: State
    seq: int
    """The count of decisions, these included."""
    at: float
    """The time of the caller's clock, in seconds since 1970; commands expire by it."""
    minutes: list[MinuteValue]
    """Of minutes that have ended, and of the present one; the last value of a minute counts."""

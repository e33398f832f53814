"""A quote as it was read, and the message that it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

# Cash per unit, and characters, as in contracts/quote.schema.json.
MAX_PRICE = 1e9
MAX_SID = 64

# What can be wrong with a row: a value is not there, a price cannot be one, anything else.
Problem = Literal["missing", "absurd", "malformed"]


class Recorded(NamedTuple):
    """What a recorded quote holds besides its price; None where it holds none of it.

    `shorthand` tells that its message may hold quotes of other symbols, too.
    """

    id: str | None
    channel: str | None
    shorthand: bool
    fields: Mapping[str, Any]


class Quote(NamedTuple):
    """One price of one symbol, read from the row `row`, counted from 1, of the source `source`.

    `ts` is ISO 8601 text or a number of epoch milliseconds, verbatim; None where a recorded quote
    has none. Text of a table that is no time is kept as well.
    """

    sid: str
    quote: float
    ts: str | int | float | None
    row: int
    source: str
    recorded: Recorded | None = None


class SkippedRow(NamedTuple):
    """A row of a source that is no quote, and why."""

    source: str
    row: int
    problem: Problem
    reason: str


class NoQuoteError(ValueError):
    """A row is no quote; its text says why."""

    def __init__(self, problem: Problem, reason: str):
        super().__init__(reason)
        self.problem = problem

    def skipped(self, source: str, row: int) -> SkippedRow:
        """Return the same as a fact about a row."""
        return SkippedRow(source, row, self.problem, str(self))


def as_message(quote: Quote, run: str, channel: str = "quotes") -> dict[str, Any]:
    """Return the map that an engine takes (contracts/quote.schema.json#/$defs/canonical).

    Its keys are `sid`, `quote`, `ts` if there is one, `id`, `channel`, then those that a recording
    holds besides. The id is `<source>:<run>:<row>`, in a shorthand with `/<sid>` behind it; a
    recorded quote keeps its own id and channel.
    """
    sid, price, ts, row, source, recorded = quote
    message: dict[str, Any] = {"sid": sid, "quote": price}
    if ts is not None:
        message["ts"] = ts
    message["id"] = f"{source}:{run}:{row}"
    message["channel"] = channel
    if recorded is not None:
        if recorded.id is not None:
            message["id"] = recorded.id
        elif recorded.shorthand:
            message["id"] += f"/{sid}"
        message["channel"] = recorded.channel or channel
        message.update(recorded.fields)
    return message

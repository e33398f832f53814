"""What a service makes of quotes, apart from how they come and go."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol


class Output(NamedTuple):
    """A message to publish."""

    topic: str
    """Without the prefix of all topics."""
    text: str


Refuse = Callable[[str], None]
"""Is called with a sentence that says of which quote nothing is made, and why; it is published."""


class Transformation(Protocol):
    """Makes outputs of quotes, with a state in parts that are saved one by one.

    The machine calls `load` once, before the first `update`; then `update` for each quote in its
    order, each key once, and `changed` before every commit. All calls come on one thread.
    """

    late: int
    """Quotes of which nothing is made because they came too late; any thread may read it."""

    @property
    def kind(self) -> str:
        """What a state file is of: one of another kind is refused."""

    def update(self, quote: dict[str, Any], at: int | None, refuse: Refuse, /) -> list[Output]:
        """Take a quote, and return what comes of it; the same for the same quotes, ids included.

        :param quote: canonical (contracts/quote.schema.json), with the key `channel`.
        :param at: the instant of its `ts` in nanoseconds since 1970; None if it has none.
        """

    def changed(self) -> dict[str, str]:
        """Return the parts of the state that have changed since the last call, by their names."""

    def load(self, parts: Mapping[str, str]) -> list[str]:
        """Go on from a state; return what people should know, a sentence each.

        :param parts: of an earlier process; empty at the first start.
        """


_encode = json.JSONEncoder(allow_nan=False, ensure_ascii=False, separators=(",", ":")).encode


def as_json(message: Mapping[str, Any]) -> str:
    """Return the text of a message.

    :raises ValueError: if it holds a number that is not finite, which JSON does not have.
    """
    return _encode(message)

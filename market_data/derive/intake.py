"""A message becomes quotes as the bridge reads them (bridge_node/src/route/intake.js)."""

from __future__ import annotations

import secrets
from typing import Any, NamedTuple

from market_data.feeds.messages import Rules, read
from market_data.feeds.messages.limits import CHANNEL
from market_data.feeds.messages.refusal import refusal
from market_data.feeds.quote import Quote

_RULES = Rules()


class Taken(NamedTuple):
    """A quote in the canonical form, and its instant; `has_id` unless its id was made here."""

    message: dict[str, Any]
    at: int | None
    has_id: bool


class Intake:
    """Reads messages, and gives quotes without an id one that no other quote has."""

    def __init__(self) -> None:
        self._prefix = f"~{secrets.token_hex(6)}"
        self._count = 0

    def read(self, channel: str, payload: bytes) -> list[Taken]:
        """Return the quotes of a message, in any spelling of the contract.

        :param channel: the topic that it came on, without the prefix of all topics.
        :raises InvalidQuoteError: with the code and the reason, if it breaks the contract.
        """
        if len(channel) > CHANNEL:
            found = f"the topic is too long: {len(channel)} characters, at most {CHANNEL}"
            raise refusal("topic_too_long", found)
        times, quotes = read(payload, 0, channel, _RULES)
        return [self._taken(quote, at, channel) for quote, at in zip(quotes, times, strict=True)]

    def _taken(self, quote: Quote, at: int | None, channel: str) -> Taken:
        recorded = quote.recorded
        assert recorded is not None
        message: dict[str, Any] = {"sid": quote.sid, "quote": quote.quote}
        if quote.ts is not None:
            message["ts"] = quote.ts
        has_id = recorded.id is not None
        if has_id:
            message["id"] = recorded.id
        else:
            message["id"] = f"{self._prefix}-{self._count}"
            self._count += 1
        message["channel"] = channel
        if recorded.fields:
            message.update(recorded.fields)
        return Taken(message, at, has_id)

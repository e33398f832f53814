"""A quote as it was read, and the message that it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from market_data.feeds.others import Others


class Recorded(NamedTuple):
    """The own fields of a recorded quote; None for a field that it does not have.

    `shared`: its row may hold quotes of other symbols, too; `place` is that of a quote in
    an array, from 1 on. `bar` is the id of a bar that was made of quotes.
    """

    id: str | None
    channel: str | None
    shared: bool
    fields: Mapping[str, Any]
    place: int | None = None
    bar: str | None = None


class Quote(NamedTuple):
    """One price of one symbol, read from the row `row`, counted from 1, of the source `source`.

    `ts` is verbatim as it was given, or ISO 8601 text with an offset where it was made of several
    columns, by an option, or by what is known of the file; None where a recorded quote has none.
    The other fields that it carries along are in `others` at the place `at`, or in `recorded`. A
    bar that was made of quotes is of the row at which it was complete.
    """

    sid: str
    quote: float
    ts: str | int | float | None
    row: int
    source: str
    others: Others | None = None
    at: int = 0
    recorded: Recorded | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """The other fields that it carries along."""
        if self.recorded is not None and self.recorded.fields:
            return dict(self.recorded.fields)
        fields: dict[str, Any] = {}
        if self.others is not None:
            self.others.add_to(fields, self.at)
        return fields


def as_message(quote: Quote, run: str, channel: str = "quotes") -> dict[str, Any]:
    """Return the map that an engine takes (contracts/quote.schema.json#/$defs/canonical).

    Its keys are `sid`, `quote`, `ts` if there is one, `id`, `channel`, then those that it carries
    along. The id is `<source>:<run>:<row>`, with `/<sid>` behind it where a row may hold several
    quotes, or the place in an array; of a bar it is `<source>:<run>:<interval>:<sid>:<end>`; a
    recorded quote keeps its own id and channel.
    """
    sid, price, ts, row, source, others, at, recorded = quote
    message: dict[str, Any] = {"sid": sid, "quote": price}
    if ts is not None:
        message["ts"] = ts
    message["id"] = f"{source}:{run}:{row}"
    message["channel"] = channel
    if recorded is not None:
        if recorded.id is not None:
            message["id"] = recorded.id
        elif recorded.bar is not None:
            message["id"] = f"{source}:{run}:{recorded.bar}"
        elif recorded.place is not None:
            message["id"] += f"/{recorded.place}"
        elif recorded.shared:
            message["id"] += f"/{sid}"
        message["channel"] = recorded.channel or channel
        message.update(recorded.fields)
    if others is not None:
        others.add_to(message, at)
    return message

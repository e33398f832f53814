"""What a live source is to the machine that publishes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

import click

from market_data.feeds.quote import Quote

Position = Any
"""Where a source goes on: anything that JSON can carry, except None. Only the source reads it."""


class SourceLostError(Exception):
    """The source cannot be reached, or has ended the connection: it is connected again later.

    Its text is the reason, as a part of a sentence.
    """


class Bound(NamedTuple):
    """One end of a gap: the quote next to it, or the time alone."""

    ts: str | int | float | None = None
    id: str | None = None


class Gap(NamedTuple):
    """Quotes of one instrument that are not known: those behind `after`, and before `before`."""

    sid: str
    after: Bound
    before: Bound
    missing: int | None = None
    """How many they are, where that is known."""


class Report(NamedTuple):
    """What a trader has to know besides the quotes; it is published on `errors/<source>`."""

    code: Literal["gap", "corrected", "cancelled", "unreadable"]
    reason: str
    """One sentence."""
    payload: bytes = b""
    """The message of the source, if it is about one; without a password."""
    gap: Gap | None = None


class Batch(NamedTuple):
    """Quotes in the order in which they are published, and where to go on once they are."""

    quotes: Sequence[Quote]
    """Each has an id of its own: `Quote(…, recorded=Recorded(id, None, False, fields))`. It is made
    of what the source says, so that a quote has the same id whenever it is published."""
    position: Position
    reports: Sequence[Report] = ()
    """They are published before the quotes, and shown to the user."""


class Source(Protocol):
    """Gives quotes as they come, perhaps for ever.

    A thread of its own calls `connect`, then `read` again and again, and `acknowledge` in between.
    After a SourceLostError of one of them it calls `close`, waits, longer each time, and calls
    `connect` again. A FeedError ends the command with its sentence, any other error with a
    traceback. `read` is not called while the broker is slower than the source: what a source keeps
    in memory meanwhile is its own business, and has to be bounded.

    A source that leaves out rows or messages may count them in an attribute `skipped`, a map of
    numbers by code, which is read on another thread; the codes are few.
    """

    name: str
    """The first part of the ids of its quotes."""

    def __str__(self) -> str:
        """Return what messages call it; without a password."""
        ...

    def connect(self, position: Position | None) -> None:
        """Connect, and go on behind this position.

        :param position: that of the last batch that `read` has returned, or after a restart of one
            whose quotes, and all before, are published; None at the very beginning. What came in
            between while it was not connected is read next, if the source can still tell.
        """
        ...

    def read(self, timeout: float) -> Batch | None:
        """Await quotes for at most `timeout` seconds, and return what has come.

        At most some thousand quotes. A batch without quotes moves the position alone; its reports
        are published.
        """
        ...

    def acknowledge(self, position: Position) -> None:
        """Take note that all quotes up to this position are published, and will not be asked again.

        The broker has confirmed them, and with `--state` the position is on the disk.
        """
        ...

    def close(self) -> None:
        """Disconnect; also after `connect` has failed."""
        ...


class SourceKind(NamedTuple):
    """What an entry point of the group `tickwire.sources` names."""

    options: Sequence[click.Option]
    """Those of `market-data live` for this source; the first one picks it. An option that several
    kinds share is declared alike by all of them."""
    make: Callable[[Mapping[str, Any], Callable[[str], None]], Source]
    """Makes the source of the values of these options, by their names; the other argument reports a
    sentence to the user. A FeedError says what is wrong with them."""

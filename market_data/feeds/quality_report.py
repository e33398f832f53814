"""The irregularities of a feed, in numbers and in sentences."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from market_data.feeds.invalid_quote import Problem, SkippedRow
from market_data.feeds.quote import Quote


class Gap(NamedTuple):
    """No quote of an instrument between two times, in ISO 8601 (UTC)."""

    sid: str
    start: str
    end: str


class Ended(NamedTuple):
    """An instrument without a quote in the last part of the feed."""

    sid: str
    last: str
    """The time of its last quote, in ISO 8601 (UTC)."""


class Skipped(NamedTuple):
    """Rows of one source that were skipped for one reason."""

    problem: Problem
    rows: int
    first: SkippedRow


class Jump(NamedTuple):
    """A price that changed by about the ratio of a split."""

    quote: Quote
    before: float
    """The price before it."""


class Report(NamedTuple):
    """What a feed holds, in numbers of quotes but for the skipped rows and the gaps.

    Of the `quotes`, `untimed` have no time, so that nothing else is known of them; `duplicates` are
    of the time of the quote before them of the same instrument, but for the bars among them:
    `repeated` ones were dropped, `conflicting` ones, which have another price than the bar of this
    time before them, were kept. `jumps` are changes of a price by about 2, 3, 5 or
    10, or more.
    `longest_gaps` are at most 20 of the `gaps`, the longest first. `ended` instruments, of which
    `first_ended` was the first, have no quote for longer than ever before the end of the others.
    `notes` say how the sources were read.
    """

    quotes: int
    skipped: int
    untimed: int
    duplicates: int
    repeated: int
    conflicting: int
    jumps: int
    gaps: int
    skips: tuple[Skipped, ...]
    first_repeated: Quote | None
    first_conflicting: Quote | None
    first_jump: Jump | None
    longest_gaps: tuple[Gap, ...]
    notes: tuple[str, ...]
    ended: int = 0
    first_ended: Ended | None = None

    def lines(self) -> list[str]:
        """Return what a reader of the results should know of the data, one sentence each."""
        return list(self._sentences())

    def _sentences(self) -> Iterator[str]:
        yield from self.notes
        for problem, rows, first in self.skips:
            end = ""
            if problem == "not_positive":
                end = f"; profit and drawdown do not contain {'it' if rows == 1 else 'them'}"
            elif first.option and first.option not in first.reason:
                end = f"; {first.option} may read it"
            where = f"row {first.row} of {first.source}"
            if rows > 1:
                where = f"{rows:,} rows, the first of them {where}"
            yield f"skipped {where}: {first.reason}{end}"
        if self.first_repeated:
            yield (
                f"dropped {_count(self.repeated, 'repeated bar')}, the first of them"
                f" {_place(self.first_repeated)}"
            )
        if self.first_conflicting:
            yield (
                f"{_count(self.conflicting, 'bar')} of a time that had another one, kept: the first"
                f" of them {_place(self.first_conflicting)}"
            )
        if self.first_jump:
            quote, before = self.first_jump
            yield (
                f"{_count(self.jumps, 'jump')} of a price by about 2, 3, 5, 10 or more, which may"
                f" be a split: the first of them {_place(quote)}, {quote.sid} from {before:g} to"
                f" {quote.quote:g}"
            )
        if self.untimed:
            yield f"{_count(self.untimed, 'quote')} without a time"
        if self.duplicates:
            yield f"{_count(self.duplicates, 'quote')} at the time of the one before"
        if self.gaps:
            longest = self.longest_gaps[0]
            yield (
                f"{_count(self.gaps, 'gap')} in time, the longest of {longest.sid} from"
                f" {longest.start} to {longest.end}"
            )
        if self.first_ended:
            sid, last = self.first_ended
            yield (
                f"{_count(self.ended, 'instrument')} ended before the others, the first of them"
                f" {sid} on {last}: a position keeps the value of the last quote"
            )


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' if number != 1 else ''}"


def _place(quote: Quote) -> str:
    return f"row {quote.row} of {quote.source}"

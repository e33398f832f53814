"""Follows the rows of a table by a cursor, although transactions commit out of order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, NamedTuple, Protocol

from market_data.errors import FeedError
from market_data.feeds.cells import text_of
from market_data.live.sql.cursor import Cursor, is_cursor, text_of_cursor
from market_data.live.sql.queries import Transactions

PAGE = 1_000
"""Rows that are asked for at once, and that may have the same value of the cursor."""

MAX_UNSETTLED = 100_000
"""Rows above the settled value that are kept in mind, and published ahead."""

# Values that were the highest; after these many the oldest is forgotten, which settles rows later.
_MAX_HIGHEST = 10_000


class CursorError(FeedError):
    """A column whose values rows cannot be followed by."""

    def __init__(self, found: str, expected: str):
        super().__init__(f"the column of --cursor cannot be one: {found}; expected {expected}")
        self.found = found
        self.expected = expected


class Row(NamedTuple):
    """A row, with what tells it from all others: its instrument and its value of the cursor."""

    sid: str
    cursor: str
    cells: Sequence[Any]

    @property
    def key(self) -> tuple[str, str]:
        """The first two."""
        return self.sid, self.cursor


class Step(NamedTuple):
    """Rows that were not read before, and the value at or below which every row was read."""

    rows: Sequence[Row]
    settled: Cursor | None


@dataclass(slots=True)
class _Highest:
    """A value that was the highest, and when it was found."""

    value: Cursor
    at: float
    wait_for: int | None = None
    """The number below which every transaction has to end, once `settle` has passed."""


class _Queries(Protocol):
    """What this needs of Queries."""

    def page(
        self, after: Cursor | None, up_to: Cursor | None, limit: int
    ) -> Sequence[Sequence[Any]]: ...
    def highest(self) -> Cursor | None: ...
    def transactions(self) -> Transactions | None: ...


class Follower:
    """Finds the rows that are new, at each sweep over the end of the table.

    A row may become visible after rows with higher values: its transaction began earlier and
    committed later. So each sweep begins at the settled value: one that was the highest at least
    `settle` seconds ago. In PostgreSQL every transaction must have ended that was under way when
    these seconds were over: one that has taken a value from a sequence gets its number when it
    writes, which may be later. Of the rows above the settled value those are told apart that an
    earlier sweep has read.

    :param settled: where it begins; None for the first row.
    :param report: called with a row that is left out, since another one has its instrument and its
        value of the cursor.
    """

    def __init__(
        self,
        queries: _Queries,
        settled: Cursor | None,
        settle: float,
        report: Callable[[Row], None],
        clock: Callable[[], float],
    ):
        self._queries = queries
        self._settled = settled
        self.at = 0, 0
        """The indices of the columns of the cursor and of the instrument; set before a sweep."""
        self._settle = settle
        self._report = report
        self._clock = clock
        self._highest: deque[_Highest] = deque(maxlen=_MAX_HIGHEST)
        self._read: set[tuple[str, str]] = set()

    def sweep(self) -> Iterator[Step]:
        """Yield the new rows, a page at a time, in the order of the cursor.

        It may be left at any step, and an error may end it: the next one goes on behind what was
        yielded.
        """
        highest = self._queries.highest()
        now = self._clock()
        if highest is not None and not (self._highest and self._highest[-1].value == highest):
            self._highest.append(_Highest(highest, now))
        bound = self._settled_value(now)
        if bound is None and len(self._read) >= MAX_UNSETTLED:
            return
        if bound is not None:
            for rows, last in self._pages(bound):
                self._settled = last
                yield Step(self._new(rows), last)
        unsettled: set[tuple[str, str]] = set()
        for rows, _last in self._pages(None):
            unsettled.update(row.key for row in rows)
            new = self._new(rows)
            self._read.update(row.key for row in new)
            yield Step(new, self._settled)
            if len(unsettled) >= MAX_UNSETTLED:
                break
        # what is settled, or was deleted, does not come again
        self._read = unsettled

    def _settled_value(self, now: float) -> Cursor | None:
        old = [each for each in self._highest if now - each.at >= self._settle]
        if old and old[-1].value == self._settled:
            return None
        # a transaction that never ends must not fill the memory, or hold up everything
        if old and len(self._read) < MAX_UNSETTLED and (under_way := self._queries.transactions()):
            for each in old:
                each.wait_for = each.wait_for or under_way.next
            old = [each for each in old if under_way.oldest >= (each.wait_for or 0)]
        for _ in range(len(old) - 1):
            self._highest.popleft()
        return old[-1].value if old else None

    def _pages(self, up_to: Cursor | None) -> Iterator[tuple[list[Row], Cursor]]:
        """Yield rows above the settled value, and the highest value of the cursor in each page.

        All rows of one value are in one page.
        """
        after = self._settled
        while found := self._queries.page(after, up_to, PAGE):
            groups = [list(rows) for _, rows in groupby(found, key=lambda row: row[self.at[0]])]
            if len(found) == PAGE:
                groups = self._without_the_cut(groups)
            kept = [row for group in groups for row in group]
            after = kept[-1][self.at[0]]
            yield self._rows(kept), after
            if len(found) < PAGE:
                return

    def _without_the_cut(self, groups: list[list[Any]]) -> list[list[Any]]:
        """Leave out the last value of a full page: more of its rows may follow."""
        if len(groups) > 1:
            return groups[:-1]
        value = groups[0][0][self.at[0]]
        raise CursorError(f"{PAGE:,} rows or more have the value {value}", "one that differs")

    def _rows(self, page: Sequence[Sequence[Any]]) -> list[Row]:
        rows = []
        for cells in page:
            value = cells[self.at[0]]
            if not is_cursor(value):
                raise CursorError(
                    f"it has {value!r:.40}, a {type(value).__name__}",
                    "whole numbers, times or texts",
                )
            rows.append(Row(text_of(cells[self.at[1]]), text_of_cursor(value), cells))
        return rows

    def _new(self, rows: Sequence[Row]) -> list[Row]:
        new = []
        page: set[tuple[str, str]] = set()
        for row in rows:
            if row.key in page:
                self._report(row)
            elif row.key not in self._read:
                new.append(row)
            page.add(row.key)
        return new

"""New rows of a database's query, as they come."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from market_data.errors import FeedError
from market_data.feeds.invalid_quote import Problem
from market_data.feeds.options import ReadOptions
from market_data.live.source import Batch, Position
from market_data.live.sql.cursor import Cursor, from_json, to_json
from market_data.live.sql.follower import Follower, Row, Step
from market_data.live.sql.queries import Queries
from market_data.live.sql.rows import RowReader


class Settings(NamedTuple):
    """What is followed, and how."""

    url: str | Path
    shown: str
    name: str
    query: str
    cursor: str
    every: float
    """Seconds between two sweeps."""
    settle: float
    """Seconds within which a row may become visible after one with a higher cursor."""
    reading: ReadOptions


class SqlSource:
    """A live source (market_data/live/source.py) whose position is a value of the cursor.

    :param notify: called with a sentence about a row that is not published, once for each reason.
    """

    def __init__(
        self,
        settings: Settings,
        notify: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ):
        self.name = settings.name
        self.skipped: Counter[str] = Counter()
        """Rows, by what is wrong with them; `repeated` if their id would be that of another one."""
        self._settings = settings
        self._notify = notify
        self._clock = clock
        self._queries = Queries(settings.url, settings.shown, settings.query, settings.cursor)
        self._reader: RowReader | None = None
        self._follower: Follower | None = None
        self._sweep: Iterator[Step] | None = None
        self._next_at = 0.0
        self._settled: Position | None = None
        self._reported: set[str] = set()

    def __str__(self) -> str:
        return self._settings.shown

    def connect(self, position: Position | None) -> None:
        """Connect, and go on where it stopped; what was read before is still known."""
        settings = self._settings
        self._queries.connect()
        self._reader = RowReader(
            self._queries.header,
            settings.shown,
            self.name,
            settings.reading,
            self._skipped,
            self._doubtful,
        )
        if self._follower is None:
            self._settled = position
            self._follower = Follower(
                self._queries,
                _settled_of(position),
                settings.settle,
                self._repeated,
                self._clock,
            )
        self._follower.at = self._queries.at, self._reader.sid_at
        self._sweep, self._next_at = None, 0.0

    def read(self, timeout: float) -> Batch | None:
        """Return the quotes of the next new rows, or the position where it has moved."""
        assert self._follower is not None
        assert self._reader is not None
        if self._sweep is None:
            wait = self._next_at - self._clock()
            if wait > 0:
                time.sleep(min(wait, timeout))
            if wait > timeout:
                return None
            self._next_at = self._clock() + self._settings.every
            self._check_nulls()
            self._sweep = self._follower.sweep()
        step = next(self._sweep, None)
        if step is None:
            self._sweep = None
            return None
        position = {"after": to_json(step.settled)}
        quotes = self._reader.quotes(step.rows)
        if not quotes and position == self._settled:
            return None
        self._settled = position
        return Batch(quotes, position)

    def acknowledge(self, position: Position) -> None:
        """Do nothing: a database keeps its rows."""

    def close(self) -> None:
        """Disconnect."""
        self._queries.close()

    def _check_nulls(self) -> None:
        cursor = self._settings.cursor
        if "null" not in self._reported and self._queries.has_null():
            reason = "rows without one are not published; expected a column that is never NULL"
            self._report("null", f"a row has no {cursor}: {reason}")

    def _skipped(self, row: Row, problem: Problem, reason: str) -> None:
        self.skipped[problem] += 1
        # one of each kind: what differs between rows stands in quotation marks, or is a number
        kind = "".join(c for c in reason.partition('"')[0] if not c.isdecimal())
        cursor = self._settings.cursor
        self._report(kind, f"the row with the {cursor} {row.cursor} is skipped: {reason}")

    def _doubtful(self, row: Row, shown: str) -> None:
        self._report(
            "twice",
            f"the row with the {self._settings.cursor} {row.cursor} has the time {shown}, which"
            " comes twice: the first of the two is taken; expected a column with an offset",
        )

    def _repeated(self, row: Row) -> None:
        self.skipped["repeated"] += 1
        cursor = self._settings.cursor
        self._report(
            "repeated",
            f"another row of {row.sid} has the {cursor} {row.cursor}: it is not published, since"
            f" its id would be the same; expected a column that differs for each row",
        )

    def _report(self, kind: str, sentence: str) -> None:
        if kind not in self._reported:
            self._reported.add(kind)
            self._notify(f"{self}: {sentence}")


def _settled_of(position: Position | None) -> Cursor | None:
    if position is None:
        return None
    try:
        return from_json(position["after"])
    except (ValueError, KeyError, TypeError, ArithmeticError) as error:
        found = f"the state {position!r:.60} is of no database; expected the file of another source"
        raise FeedError(found) from error

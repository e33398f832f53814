"""Rows of a query become quotes, each read by itself, by the rules of `market-data replay`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from market_data.errors import UnusableFileError
from market_data.feeds.columns import RECOGNISED, Names, check_symbol
from market_data.feeds.date_and_time import CLOCKS, PARTS
from market_data.feeds.invalid_quote import Problem, SkippedRow
from market_data.feeds.messages.limits import ID as MAX_ID
from market_data.feeds.options import ReadOptions
from market_data.feeds.plan import Sample
from market_data.feeds.quote import Quote, Recorded
from market_data.feeds.table import OnSkip, TableReader
from market_data.feeds.table import Rows as TableRows
from market_data.live.sql.follower import Row


class RowReader:
    """Makes quotes of rows.

    A row gives the same quote whichever rows come with it. So nothing is concluded from several
    rows, as it is for a file: the columns are those of the recognised names, or those of
    `columns`, and a time stays as it is, also if it opens a bar.

    :param name: the first part of the ids.
    :param on_skip: called with each row that is not a valid quote, what is wrong with it, and the
        reason.
    :param on_doubt: called with each row whose local time comes twice, and that time: the first of
        the two is taken.
    :raises UnusableFileError: if no column is for the instrument, the time or the price.
    :raises UnknownColumnError: if one that `columns` names is not there.
    """

    def __init__(
        self,
        header: Sequence[str],
        shown: str,
        name: str,
        options: ReadOptions,
        on_skip: Callable[[Row, Problem, str], None],
        on_doubt: Callable[[Row, str], None],
    ):
        columns = dict(options.get("columns") or {})
        check_symbol(header, columns, shown)
        if "ts" not in columns and (found := _time(header, shown)):
            columns["ts"] = found
        self._sample = Sample(shown, "", [list(header)], True, is_text=False)
        self._name = name
        self._options: ReadOptions = {**options, "columns": columns}
        self._on_skip = on_skip
        self._on_doubt = on_doubt
        [series] = self._reader([], lambda _: None).plan.series
        assert series.sid is not None
        self.sid_at = series.sid
        """The index of the column of the instrument."""

    def quotes(self, rows: Sequence[Row]) -> list[Quote]:
        """Return the quotes of these rows, in their order, each with its id."""
        try:
            return list(self._read(rows))
        except UnusableFileError as error:
            # what refuses a file, such as a format of its times, is of a row here
            if len(rows) > 1:
                return [quote for row in rows for quote in self.quotes([row])]
            self._on_skip(rows[0], "malformed", str(error))
            return []

    def _read(self, rows: Sequence[Row]) -> Iterator[Quote]:
        skipped: list[SkippedRow] = []
        reader = self._reader(rows, skipped.append)
        quotes = [quote for batch in reader.timed() for quote in batch.quotes]
        if reader.twice:
            if len(rows) > 1:
                # otherwise the rows before would tell which of two times it is
                for row in rows:
                    yield from self.quotes([row])
                return
            self._on_doubt(rows[0], reader.twice[0])
        for skip in skipped:
            self._on_skip(rows[skip.row], skip.problem, skip.reason)
        for quote in quotes:
            row = rows[quote.row]
            own_id = f"{self._name}:{quote.sid}:{row.cursor}"
            if len(own_id) > MAX_ID:
                reason = f"its id would have more than {MAX_ID} characters"
                self._on_skip(row, "malformed", reason)
                continue
            yield quote._replace(recorded=Recorded(own_id, None, False, {}))

    def _reader(self, rows: Sequence[Row], on_skip: OnSkip) -> TableReader:
        table = _Page(self._sample, rows)
        return TableReader(table, self._name, self._options, on_skip)


class _Page:
    """Some rows, as a table whose beginning is the header alone."""

    def __init__(self, sample: Sample, rows: Sequence[Row]):
        self.sample = sample
        self.notes: list[str] = []
        self._found = rows

    def rows(self, needed: list[int], header_rows: int, on_skip: OnSkip) -> Iterator[TableRows]:  # noqa: ARG002
        """Yield all of them."""
        if self._found:
            cells: dict[int, Sequence[Any]] = {
                index: [row.cells[index] for row in self._found] for index in needed
            }
            yield TableRows(range(len(self._found)), cells)


def _time(header: Sequence[str], shown: str) -> str | None:
    """Return the name of the column of the time, where one is recognised."""
    names = Names(header, shown)
    found = names.first_of(RECOGNISED["ts"])
    if found is None:
        return None
    clocks = [at for name in (*CLOCKS, *PARTS) if (at := names.find(name)) is not None]
    if found == names.find("date") and clocks:
        clock = header[clocks[0]]
        raise UnusableFileError(
            shown,
            f"the column {clock} may be the time of day",
            f"--columns ts={header[found]}+{clock}, or --columns ts={header[found]} for the dates",
        )
    return header[found]

"""Price history of any kind of source, through one interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from os import PathLike
from typing import Any, Unpack

from market_data.errors import FeedError, UnusableFileError
from market_data.feeds import merge
from market_data.feeds.columns import check_columns
from market_data.feeds.csv_feed import read_csv
from market_data.feeds.jsonl_feed import read_jsonl
from market_data.feeds.options import ReadOptions
from market_data.feeds.parquet_feed import read_parquet
from market_data.feeds.quality import Quality
from market_data.feeds.quote import Quote, SkippedRow
from market_data.feeds.sources import Source, find_sources
from market_data.feeds.sql_feed import read_sql


Frame = Any


def open_feed(
    sources: str | PathLike[str] | Frame | Sequence[str | PathLike[str] | Frame],
    *,
    on_skip: Callable[[SkippedRow], None] = lambda _: None,
    **options: Unpack[ReadOptions],
) -> Feed:
    """Return the feed of these sources; see Feed for what reading it may raise.

    :param sources: one or several, each a sample's name, a file (.csv, .parquet, .jsonl or .ndjson
        for a recording of quotes, .db, .sqlite or .sqlite3 for SQLite), an SQLAlchemy URL of a
        database, or a data frame of pandas or polars.
    :param on_skip: gets every row that is no quote.
    :param options: as ReadOptions describes them.
    :raises SourceNotFoundError: if a source is neither a sample nor a file.
    :raises ColumnsError: if `columns` has other keys.
    :raises UnusableFileError: if no source has use for `columns`, or for `query`.
    """
    found = find_sources([sources] if isinstance(sources, str) else sources)
    columns, query = options.get("columns"), options.get("query")
    if not found:
        raise FeedError("no source of quotes is given; expected a sample, a file or a database")
    shown = ", ".join(map(str, found))
    if columns and all(source.kind == "jsonl" for source in found):
        raise UnusableFileError(shown, "a recording has no columns", "no choice of columns")
    if query is not None and all(source.kind != "sql" for source in found):
        expected = "a database such as prices.db or sqlite:///prices.db"
        raise UnusableFileError(shown, "a query is of no use here", expected)
    return Feed(found, check_columns(columns or {}), query, options.get("sort", False), on_skip)


class Feed:
    """Quotes of several sources in the order of time; each iteration reads them anew.

    Of equal times those of the source that was named first come first. Everything is read a batch
    at a time, but for what is to be sorted.

    Iterating raises UnusableFileError where a source cannot be read or holds no quote,
    UnknownColumnError where a named column is missing, MissingPackageError where a package is;
    UnsortedError, unless it is to be sorted, at a quote that is earlier than the one before it in
    its source; and, if there are several sources or one is to be sorted, UntimedError at a quote
    without a readable time.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        columns: Mapping[str, str],
        query: str | None,
        sort: bool,
        on_skip: Callable[[SkippedRow], None],
    ):
        self.sources = tuple(sources)
        self._columns = columns
        self._query = query
        self._sort = sort
        self._on_skip = on_skip
        self._quality = Quality()

    @property
    def name(self) -> str:
        """The names of the sources."""
        return "+".join(source.name for source in self.sources)

    @property
    def is_in_rows(self) -> bool:
        """Whether quotes come by ascending rows of one source."""
        return len(self.sources) == 1 and not self._sort

    @property
    def quality(self) -> Quality:
        """What the latest iteration has met so far."""
        return self._quality

    def __str__(self) -> str:
        return ", ".join(map(str, self.sources))

    def __iter__(self) -> Iterator[Quote]:
        for batch in self.batches():
            yield from batch.quotes

    def batches(self) -> Iterator[merge.Timed]:
        """Yield the quotes with their times, some thousand at once."""
        quality = self._quality = Quality()

        def skip(row: SkippedRow) -> None:
            quality.skip(row)
            self._on_skip(row)

        feeds = [self._read(source, skip) for source in self.sources]
        for batch in feeds[0] if len(feeds) == 1 else merge.merge(feeds):
            quality.add(batch)
            yield batch

    def _read(self, source: Source, skip: Callable[[SkippedRow], None]) -> Iterator[merge.Timed]:
        shown = str(source)
        batches = merge.with_times(_not_empty(self._batches(source, skip), shown))
        if self._sort or len(self.sources) > 1:
            batches = merge.all_timed(batches, shown)
        return merge.sort(batches) if self._sort else merge.in_order(batches, shown)

    def _batches(self, source: Source, skip: Callable[[SkippedRow], None]) -> Iterator[list[Quote]]:
        if source.kind == "sql":
            return read_sql(source, self._query, self._columns, skip)
        assert source.path is not None
        if source.kind == "jsonl":
            return read_jsonl(source.path, source.name, skip)
        read = read_parquet if source.kind == "parquet" else read_csv
        return read(source.path, source.name, self._columns, skip)


def _not_empty(batches: Iterator[list[Quote]], shown: str) -> Iterator[list[Quote]]:
    empty = True
    for quotes in batches:
        empty = empty and not quotes
        yield quotes
    if empty:
        raise UnusableFileError(shown, "no row is a quote", "at least one")

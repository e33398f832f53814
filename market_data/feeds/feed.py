"""Price history of any kind of source, through one interface."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from os import PathLike
from typing import Any, Unpack

from market_data.bars.aggregator import Aggregator
from market_data.errors import FeedError, SkippedRowError, UnusableFileError
from market_data.feeds import bars, merge
from market_data.feeds.aggregated import as_bars, read_interval
from market_data.feeds.asked import Asked
from market_data.feeds.bar_lengths import check_interval, check_merge
from market_data.feeds.candle_folder import candle_files
from market_data.feeds.csv_feed import CsvTable
from market_data.feeds.frame_feed import FrameTable, is_frame
from market_data.feeds.invalid_quote import InvalidQuoteError, SkippedRow
from market_data.feeds.jsonl_feed import read_jsonl
from market_data.feeds.messages.quote import check_symbol
from market_data.feeds.number_column import separators
from market_data.feeds.options import ReadOptions, check_options, read_rules, read_span
from market_data.feeds.parquet_feed import ParquetTable
from market_data.feeds.pick import Pick
from market_data.feeds.quality import Quality
from market_data.feeds.quote import Quote
from market_data.feeds.recording.feed import read_recording
from market_data.feeds.recording.reading import rows
from market_data.feeds.sources import Source, find_sources
from market_data.feeds.sql_feed import SqlTable, is_of_messages, message_rows
from market_data.feeds.sql_query import SqlQuery
from market_data.feeds.table import Table, TableReader
from market_data.feeds.timed import Timed

Given = str | PathLike[str] | Any
"""A sample's name, a file, a database's URL, or a data frame of pandas or polars."""


def open_feed(
    sources: Given | Sequence[Given],
    *,
    on_skip: Callable[[SkippedRow], None] = lambda _: None,
    **options: Unpack[ReadOptions],
) -> Feed:
    """Return the feed of these sources; see Feed for what reading it may raise.

    :param sources: one or several, each a sample's name, a file (.csv, .parquet, .jsonl or .ndjson
        for a recording of quotes, .db, .sqlite or .sqlite3 for SQLite; with .gz or .zst behind it
        if it is compressed), an SQLAlchemy URL of a database, or a data frame of pandas or polars.
    :param on_skip: called with every row that is not a valid quote.
    :param options: as ReadOptions describes them.
    :raises SourceNotFoundError: if a source is neither a sample nor a file.
    :raises ColumnsError: if `columns` has other keys.
    :raises ReadOptionError: if an option cannot be understood, or applies to no source.
    """
    is_one = isinstance(sources, str | PathLike) or is_frame(sources)
    found = find_sources([sources] if is_one else list(sources))  # type: ignore[arg-type]
    if not found:
        raise FeedError("no source of quotes is given; expected a sample, a file or a database")
    check_options(options, {source.kind for source in found})
    return Feed(found, options, on_skip)


class Feed:
    """Quotes of several sources in the order of time; each iteration reads them again.

    Of equal times those of the source that was named first come first. Everything is read a batch
    at a time, but for what is to be sorted.

    Iterating raises UnusableFileError where a source cannot be read or holds no quote,
    UnknownColumnError where a named column is missing, MissingPackageError where a package is;
    UnsortedError, unless it is to be sorted, at a quote that is earlier than the one before it in
    its source (a recorder's folder that is the only source is read in the order of arrival); if
    there are several sources, or one is to be sorted, cut or made bars of, UntimedError at a quote
    without a time; BarsError where bars of different lengths cannot be merged; ReadOptionError or
    UnusableQuoteError where no bars of the interval can be made; and SkippedRowError at a row that
    is not a valid quote, with `strict`.
    """

    def __init__(
        self, sources: Sequence[Source], options: ReadOptions, on_skip: Callable[[SkippedRow], None]
    ):
        self._options = options
        read_span(options, in_zone=False)  # a mistake is known at once
        self.interval = read_interval(options)
        """Of the bars that are made of the quotes; None if they stay as they are."""
        self._rules = read_rules(options)
        self.sources = tuple(_chosen(sources, self._rules.symbols))
        self._on_skip = on_skip
        self._quality = Quality()
        self._queries: dict[str, SqlQuery] = {}  # that have begun and are not read yet, by source

    @property
    def name(self) -> str:
        """The names of the sources, and what is made of their quotes."""
        names = "+".join(source.name for source in self.sources)
        if self.interval is None:
            return names
        filled = ", filled" if self._fills else ""
        return f"{names} in bars of {self.interval.name}{filled}"

    @property
    def _fills(self) -> bool:
        return self._options.get("empty") == "fill"

    @cached_property
    def is_in_rows(self) -> bool:
        """Whether quotes come by ascending rows of one source."""
        if len(self.sources) > 1 or self._options.get("sort") or self.interval is not None:
            return False
        (source,) = self.sources
        return source.kind != "csv" or not _goes_back(self._reader(source, lambda _: None))

    @cached_property
    def recordings(self) -> frozenset[str]:
        """The names of the sources whose quotes have the topics on which they were recorded.

        This runs the queries of databases, and may raise what iterating does.
        """
        found = (s for s in self.sources if s.kind != "jsonl" and self._is_of_messages(s))
        return frozenset(source.name for source in found)

    @property
    def quality(self) -> Quality:
        """What the latest iteration has met so far."""
        return self._quality

    def __str__(self) -> str:
        return ", ".join(map(str, self.sources))

    def __iter__(self) -> Iterator[Quote]:
        for batch in self.batches():
            yield from batch.quotes

    def batches(self, is_asked: Callable[[str], bool] = lambda _: True) -> Iterator[Timed]:
        """Yield the quotes with their times, some thousand at once.

        :param is_asked: tells of a topic whether what was recorded there is to be read.
        """
        quality = self._quality = Quality()
        readers = {
            source.name: self._reader(source, self._skip)
            for source in self.sources
            if not self._is_of_messages(source)
        }
        if len(self.sources) > 1:
            check_merge(self.sources, readers)
        if self.interval is not None:
            check_interval(self.interval, readers)
        for name, reader in readers.items():
            where = f"{name}: " if len(self.sources) > 1 else ""
            for note in reader.notes:
                quality.note(where + note)
        picks = [Pick(self._options, readers.get(source.name)) for source in self.sources]
        feeds = [
            self._read(source, readers.get(source.name), pick, is_asked)
            for source, pick in zip(self.sources, picks, strict=True)
        ]
        quotes = self._picked(feeds[0] if len(feeds) == 1 else merge.merge(feeds), picks)
        if self.interval is None:
            yield from quotes
        else:
            days = {name: reader.names_days for name, reader in readers.items()}
            aggregator = Aggregator(self.interval, fill=self._fills)
            yield from as_bars(quotes, aggregator, str(self), days, quality)
        self._note_more(readers)

    def _picked(self, batches: Iterator[Timed], picks: Sequence[Pick]) -> Iterator[Timed]:
        is_empty = True
        for batch in batches:
            is_empty = False
            self._quality.add(batch)
            yield batch
        if is_empty:
            raise UnusableFileError(
                str(self),
                "no quote is of the time that --from and --to pick",
                f"times of {' and of '.join(pick.span for pick in picks)}",
            )

    def _skip(self, row: SkippedRow) -> None:
        # one of another instrument is a quote all the same
        if self._options.get("strict") and row.problem != "other_symbol":
            raise SkippedRowError(row.source, row.row, row.reason)
        self._quality.skip(row)
        self._on_skip(row)

    def _reader(self, source: Source, on_skip: Callable[[SkippedRow], None]) -> TableReader:
        return TableReader(self._table(source), source.name, self._options, on_skip)

    def _is_of_messages(self, source: Source) -> bool:
        """Tell whether a source holds messages, and no table; this runs the query of a database."""
        if source.kind != "sql":
            return source.kind in ("jsonl", "recording")
        if source.name not in self._queries:
            self._queries[source.name] = SqlQuery(source, self._options.get("query"))
        return is_of_messages(self._queries[source.name], self._options)

    def _table(self, source: Source) -> Table:
        if source.kind == "sql":
            query = self._queries.pop(source.name)
            return SqlTable(source, query, self._options.get("columns") or {})
        if source.kind == "frame":
            return FrameTable(source.frame, str(source), source.symbol)
        assert source.path is not None
        if source.kind == "parquet":
            is_folder = source.path.is_dir()
            files = candle_files(source.path) if is_folder else [source.path]
            return ParquetTable(files, str(source), source.symbol)
        return CsvTable(source.path, source.name, source.symbol, self._options)

    def _read(
        self,
        source: Source,
        reader: TableReader | None,
        pick: Pick,
        is_asked: Callable[[str], bool],
    ) -> Iterator[Timed]:
        shown = str(source)
        if reader is None:
            batches = self._messages(source, is_asked)
        else:
            batches = reader.timed()
            if self._rules.symbols is not None:
                batches = self._of_symbols(batches, self._rules.symbols)
        batches = self._not_empty(batches, source, reader)
        is_sorted = self._options.get("sort") or (source.kind == "csv" and _goes_back(reader))
        is_by_time = is_sorted or self.interval or {"start", "end"} & self._options.keys()
        if is_by_time or len(self.sources) > 1:
            batches = merge.all_timed(batches, shown)
        elif reader is None and source.kind != "jsonl":
            # in the order of arrival, in which a live algorithm has decided, whatever their times
            return batches
        texts = reader.plan.texts if reader else ()
        hint = f", or --columns sid={texts[0]} if that names instruments" if texts else ""
        batches = merge.sort(batches) if is_sorted else merge.in_order(batches, shown, hint)
        batches = pick.quotes(batches)
        if reader is not None and reader.plan.is_bar:
            batches = bars.without_repeats(batches, self._quality.repeat)
        return batches

    def _messages(self, source: Source, is_asked: Callable[[str], bool]) -> Iterator[Timed]:
        path, name, rules = source.path, source.name, self._rules
        note, asked = self._quality.note, Asked(is_asked, source.name)
        if source.kind == "sql":
            found = message_rows(self._queries.pop(name))
            return read_recording(found, name, self._skip, rules, note, asked)
        assert path is not None
        if source.kind == "recording":
            return read_recording(rows(path), name, self._skip, rules, note, asked)
        return read_jsonl(path, name, self._skip, rules, note, asked)

    def _of_symbols(self, batches: Iterator[Timed], symbols: frozenset[str]) -> Iterator[Timed]:
        """Yield the quotes of the chosen instruments."""
        for batch in batches:
            kept = []
            for pair in zip(batch.times, batch.quotes, strict=True):
                quote = pair[1]
                try:
                    check_symbol(quote.sid, symbols)
                except InvalidQuoteError as error:
                    self._skip(error.skipped(quote.source, quote.row))
                    continue
                kept.append(pair)
            yield Timed([time for time, _quote in kept], [quote for _time, quote in kept])

    def _not_empty(
        self, batches: Iterator[Timed], source: Source, reader: TableReader | None
    ) -> Iterator[Timed]:
        is_empty = True
        for batch in batches:
            if batch.quotes:
                is_empty = False
                yield batch
        if not is_empty:
            return
        skips = self._quality.skips(source.name)
        if not skips:
            raise UnusableFileError(str(source), "no row is a quote", "at least one")
        reasons = [
            f"{skipped.rows:,} as row {skipped.first.row}: {skipped.first.reason}"
            for skipped in skips[:3]
        ]
        raise UnusableFileError(
            str(source),
            f"no row is a quote; {'; '.join(reasons)}",
            (reader.suggestion() if reader else "") or skips[0].first.option or "a quote at least",
        )

    def _note_more(self, readers: dict[str, TableReader]) -> None:
        """Record what is known at the end."""
        for name, reader in readers.items():
            if reader.twice:
                self._quality.note(
                    f"{len(reader.twice)} times of {name} are of an hour that comes twice,"
                    f" from {reader.twice[0]} on: the order of the rows tells which each is"
                )
            for field, (count, first) in reader.unread.items():
                option = separators([first])
                self._quality.note(
                    f"{count:,} cells of {field} in {name} are no numbers and left out, first"
                    f' "{first:.30}"' + (f"; {option} may read them" if option else "")
                )
            if reader.plan.texts and self._quality.has_conflicts:
                self._quality.note(
                    f"{name} has no column of symbols that is known: if {reader.plan.texts[0]}"
                    f" holds them, --columns sid={reader.plan.texts[0]}"
                )


def _chosen(sources: Sequence[Source], symbols: frozenset[str] | None) -> Sequence[Source]:
    """Return the sources without those of other instruments, unless there is no other source."""
    if symbols is None:
        return sources
    return [source for source in sources if source.sid is None or source.sid in symbols] or sources


def _goes_back(reader: TableReader | None) -> bool:
    layout = reader.plan.layout if reader else None
    return layout is not None and layout.newest_first

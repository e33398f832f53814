"""What holds for every kind of source: the same rows give the same quotes."""

from __future__ import annotations

import csv
import json
import sqlite3
import sys
import tracemalloc
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from market_data import (
    Feed,
    MissingPackageError,
    Quote,
    SkippedRow,
    UnknownColumnError,
    UnsortedError,
    UntimedError,
    UnusableFileError,
    open_feed,
)

HEADER = ("sid", "ts", "quote")
Row = tuple[Any, Any, Any]

TABLE: list[Row] = [
    ("GOOG", "2013-02-28T21:00:00Z", 801.2),
    ("AAPL", "2013-02-28T21:00:00Z", 441.4),
    ("GOOG", 1362171600000, 806),
    (" AAPL", "2013-03-01T22:00:00+01:00", "430.47"),
]
QUOTES = [
    ("GOOG", 801.2, "2013-02-28T21:00:00Z", 1),
    ("AAPL", 441.4, "2013-02-28T21:00:00Z", 2),
    ("GOOG", 806.0, 1362171600000, 3),
    ("AAPL", 430.47, "2013-03-01T22:00:00+01:00", 4),
]


class Kind(NamedTuple):
    """A kind of source: how its files end, how rows get in, and what a feed of it takes."""

    ending: str
    write: Any
    query: str | None = None


def write_csv(path: Path, rows: Iterable[Row], header: Sequence[str] = HEADER) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])


def write_parquet(path: Path, rows: Iterable[Row], header: Sequence[str] = HEADER) -> None:
    # a column is of one type here, and TABLE's are of several
    texts = [[None if cell is None else str(cell) for cell in row] for row in rows]
    columns = dict(zip(header, zip(*texts, strict=True), strict=True))
    pq.write_table(pa.table({name: pa.array(cells) for name, cells in columns.items()}), path)


def write_sqlite(path: Path, rows: Iterable[Row], header: Sequence[str] = HEADER) -> None:
    connection = sqlite3.connect(path)
    # columns without a type take values of every type
    connection.execute(f"CREATE TABLE prices ({', '.join(header)})")
    connection.executemany("INSERT INTO prices VALUES (?, ?, ?)", rows)
    connection.commit()
    connection.close()


def write_jsonl(path: Path, rows: Iterable[Row]) -> None:
    lines = []
    for sid, ts, quote in rows:
        message = {"sid": sid and sid.strip(), "ts": ts, "quote": quote}
        given = {key: value for key, value in message.items() if value not in (None, "")}
        lines.append(json.dumps(given) + "\n")
    path.write_text("".join(lines))


QUERY = "SELECT * FROM prices"
KINDS = [
    pytest.param(Kind(".csv", write_csv), id="csv"),
    pytest.param(Kind(".txt", write_csv), id="txt"),
    pytest.param(Kind(".parquet", write_parquet), id="parquet"),
    pytest.param(Kind(".db", write_sqlite, QUERY), id="db"),
    pytest.param(Kind(".sqlite3", write_sqlite, QUERY), id="sqlite3"),
    pytest.param(Kind(".jsonl", write_jsonl), id="jsonl"),
    pytest.param(Kind(".NDJSON", write_jsonl), id="ndjson"),
]
TABLES = [kind for kind in KINDS if kind.values[0].write is not write_jsonl]
every_kind = pytest.mark.parametrize("kind", KINDS)
every_table = pytest.mark.parametrize("kind", TABLES)


def feed_of(folder: Path, kind: Kind, rows: Iterable[Row], **options: Any) -> Feed:
    path = folder / f"prices{kind.ending}"
    path.unlink(missing_ok=True)
    kind.write(path, rows)
    return open_feed([str(path)], query=kind.query, **options)


def facts(quotes: Iterable[Quote]) -> list[tuple[Any, ...]]:
    return [(q.sid, q.quote, q.ts, q.row) for q in quotes]


@every_kind
def test_the_same_table_gives_the_same_quotes(tmp_path: Path, kind: Kind) -> None:
    quotes = list(feed_of(tmp_path, kind, TABLE))
    assert facts(quotes) == QUOTES
    assert {type(quote.quote) for quote in quotes} == {float}
    assert {quote.source for quote in quotes} == {"prices"}


@every_kind
def test_a_feed_can_be_read_again_from_its_beginning(tmp_path: Path, kind: Kind) -> None:
    feed = feed_of(tmp_path, kind, TABLE)
    next(iter(feed))
    assert facts(feed) == facts(feed) == QUOTES
    assert feed.quality.report().quotes == 4


@every_kind
def test_a_row_that_is_no_quote_is_skipped_counted_and_keeps_its_number(
    tmp_path: Path, kind: Kind
) -> None:
    skipped: list[SkippedRow] = []
    rows = [
        ("A", 1000, 1.5),
        ("A", 2000, None),
        ("A", 3000, -1),
        ("A", 3000, "1e10"),
        ("A", 3000, "abc"),
        (None, 4000, 1.5),
        ("x" * 65, 4000, 1.5),
        ("A", 5000, 2.5),
    ]
    feed = feed_of(tmp_path, kind, rows, on_skip=skipped.append)
    assert facts(feed) == [("A", 1.5, 1000, 1), ("A", 2.5, 5000, 8)]
    assert [(row.source, row.row, row.problem) for row in skipped] == [
        ("prices", 2, "missing"),
        ("prices", 3, "absurd"),
        ("prices", 4, "absurd"),
        ("prices", 5, "absurd"),
        ("prices", 6, "missing"),
        ("prices", 7, "malformed"),
    ]
    report = feed.quality.report()
    assert (report.quotes, report.missing, report.absurd, report.malformed) == (2, 2, 3, 1)


@every_table
def test_a_row_of_a_table_without_a_time_is_skipped(tmp_path: Path, kind: Kind) -> None:
    feed = feed_of(tmp_path, kind, [("A", None, 1), ("A", 1000, 1)])
    assert facts(feed) == [("A", 1.0, 1000, 2)]
    assert feed.quality.report().missing == 1


@every_kind
def test_a_source_without_a_single_quote_is_refused(tmp_path: Path, kind: Kind) -> None:
    feed = feed_of(tmp_path, kind, [("A", 1000, -1)])
    with pytest.raises(UnusableFileError, match="no row is a quote; expected at least one"):
        list(feed)


@every_kind
def test_a_quote_earlier_than_the_one_before_it_is_refused_unless_sorting_is_asked_for(
    tmp_path: Path, kind: Kind
) -> None:
    rows = [("A", "2020-01-03", 1), ("B", "2020-01-03", 2), ("A", "2020-01-02", 3)]
    with pytest.raises(UnsortedError) as caught:
        list(feed_of(tmp_path, kind, rows))
    assert str(caught.value) == (
        f"{tmp_path / 'prices'}{kind.ending}: row 3 is of 2020-01-02, earlier than row 2 of"
        " 2020-01-03; expected rows in the order of time, or --sort"
    )
    quotes = feed_of(tmp_path, kind, rows, sort=True)
    assert [quote.row for quote in quotes] == [3, 1, 2]


@every_kind
def test_the_order_holds_beyond_a_batch_too(tmp_path: Path, kind: Kind) -> None:
    rows = [("A", 1000 + n, 1) for n in range(3000)]
    assert [quote.row for quote in feed_of(tmp_path, kind, rows)] == list(range(1, 3001))
    with pytest.raises(UnsortedError, match="row 3001 is of 999, earlier than row 3000 of 3999"):
        list(feed_of(tmp_path, kind, [*rows, ("A", 999, 1)]))


@every_kind
def test_without_a_readable_time_quotes_can_be_read_but_neither_sorted_nor_merged(
    tmp_path: Path, kind: Kind
) -> None:
    # a date of the contract's form that no calendar has
    rows = [("A", 1000, 1), ("A", "2020-02-31", 2)]
    feed = feed_of(tmp_path, kind, rows)
    assert len(list(feed)) == 2
    assert feed.quality.report().untimed == 1
    sentence = (
        f"{tmp_path / 'prices'}{kind.ending}: row 2 has the time '2020-02-31', and merging or"
        " sorting needs one; expected ISO 8601 text or epoch milliseconds"
    )
    with pytest.raises(UntimedError) as caught:
        list(feed_of(tmp_path, kind, rows, sort=True))
    assert str(caught.value) == sentence
    several = open_feed([str(tmp_path / f"prices{kind.ending}"), "goog"], query=kind.query)
    with pytest.raises(UntimedError) as caught:
        list(several)
    assert str(caught.value) == sentence


@every_table
def test_columns_are_recognised_in_any_case(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / f"prices{kind.ending}"
    kind.write(path, TABLE, ("Ticker", "DATE", "Close"))
    assert facts(open_feed([str(path)], query=kind.query)) == QUOTES


@every_table
def test_columns_are_named_in_their_case_or_another(tmp_path: Path, kind: Kind) -> None:
    path = tmp_path / f"prices{kind.ending}"
    kind.write(path, TABLE, ("Name", "Day", "Last"))
    columns = {"sid": "name", "ts": "Day", "quote": "LAST"}
    assert facts(open_feed([str(path)], columns=columns, query=kind.query)) == QUOTES


@every_table
def test_a_named_column_that_is_not_there_is_refused_with_the_nearest_one(
    tmp_path: Path, kind: Kind
) -> None:
    path = tmp_path / f"prices{kind.ending}"
    kind.write(path, TABLE, ("Name", "Day", "Last"))
    for column, hint in [
        ("Lats", 'did you mean "Last"?'),
        ("xyz", "its columns are Name, Day, Last"),
    ]:
        feed = open_feed([str(path)], columns={"ts": "Day", "quote": column}, query=kind.query)
        with pytest.raises(UnknownColumnError) as caught:
            list(feed)
        assert str(caught.value) == f'{path}: there is no column "{column}" for quote; {hint}'


@every_kind
def test_memory_does_not_grow_with_the_rows(tmp_path: Path, kind: Kind) -> None:
    feed = feed_of(tmp_path, kind, [("A", 1000 + n, 1.5) for n in range(30_000)])
    list(feed)
    tracemalloc.start()
    for _ in feed:
        pass
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # the quotes alone would take six times as much
    assert peak < 2_000_000


@pytest.mark.parametrize(("package", "ending"), [("pyarrow", ".parquet"), ("sqlalchemy", ".db")])
def test_a_package_that_is_missing_is_named_with_what_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, ending: str
) -> None:
    path = tmp_path / f"prices{ending}"
    path.touch()
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingPackageError, match=r"pip install 'tickwire\[backtest\]'") as caught:
        list(open_feed([str(path)]))
    assert package in str(caught.value).lower()

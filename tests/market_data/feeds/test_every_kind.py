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
T = 1577836800000
"""2020-01-01 in milliseconds."""
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
    is_table = kind.write is not write_jsonl
    rows = [
        ("A", T, 1.5),
        ("A", T + 1, None),
        ("A", T + 2, -1),
        ("A", T + 2, "1e10"),
        ("A", T + 2, "abc"),
        (None, T + 3, 1.5),
        ("x" * 65, T + 3, 1.5),
        ("A", "2020-02-31", 1.5),
        ("A", 1000, 1.5),
        ("A", "t", 1.5),
        ("A", T + 4, 2.5),
    ]
    feed = feed_of(tmp_path, kind, rows, on_skip=skipped.append)
    assert facts(feed) == [("A", 1.5, T, 1), ("A", 2.5, T + 4, 11)]
    assert [(row.source, row.row, row.problem) for row in skipped] == [
        ("prices", 2, "missing"),
        ("prices", 3, "not_positive"),
        ("prices", 4, "not_a_price"),
        ("prices", 5, "not_a_price"),
        ("prices", 6, "missing"),
        ("prices", 7, "malformed"),
        ("prices", 8, "time"),
        ("prices", 9, "time"),
        ("prices", 10, "time_format" if is_table else "time"),
    ]
    report = feed.quality.report()
    assert (report.quotes, report.skipped) == (2, 9)
    # of each reason the number of rows, and the first of them
    assert [(skip.problem, skip.rows, skip.first.row) for skip in report.skips] == [
        ("missing", 2, 2),
        ("not_positive", 1, 3),
        ("not_a_price", 2, 4),
        ("malformed", 1, 7),
        *([("time", 2, 8), ("time_format", 1, 10)] if is_table else [("time", 3, 8)]),
    ]


@every_table
def test_a_row_of_a_table_without_a_time_is_skipped(tmp_path: Path, kind: Kind) -> None:
    feed = feed_of(tmp_path, kind, [("A", None, 1), ("A", T, 1)])
    assert facts(feed) == [("A", 1.0, T, 2)]
    [skip] = feed.quality.report().skips
    assert (skip.problem, skip.rows, skip.first.reason) == ("missing", 1, "no time")


@every_kind
def test_a_source_without_a_quote_is_refused_with_the_main_reason(
    tmp_path: Path, kind: Kind
) -> None:
    """A source without a single quote is refused with the most frequent reason."""
    feed = feed_of(tmp_path, kind, [("A", T, "x"), ("A", T, -1), ("A", T, -2)])
    with pytest.raises(UnusableFileError) as caught:
        list(feed)
    text = str(caught.value)
    assert text.startswith(f"{tmp_path / 'prices'}{kind.ending}: no row is a quote; 2 as row 2: ")
    # the most frequent reason first
    assert text.index("above 0") < text.index("; 1 as row 1: ") < text.index(" a number")
    assert text.endswith("; expected a quote at least")


@every_kind
def test_an_earlier_quote_is_refused_without_sorting(tmp_path: Path, kind: Kind) -> None:
    """A quote earlier than the one before it is refused unless sorting is asked for."""
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
    rows = [("A", T + n, 1) for n in range(3000)]
    assert [quote.row for quote in feed_of(tmp_path, kind, rows)] == list(range(1, 3001))
    with pytest.raises(UnsortedError, match=f"row 3001 is of {T - 1}, earlier than row 3000 of"):
        list(feed_of(tmp_path, kind, [*rows, ("A", T - 1, 1)]))


@every_kind
def test_an_unreadable_time_is_skipped_and_neither_sorted_nor_merged(
    tmp_path: Path, kind: Kind
) -> None:
    """A time that cannot be read is skipped and neither sorted nor merged."""
    # a date of the contract's form that no calendar has
    rows = [
        ("A", "2020-03-01 12:00", 1),
        ("A", "2020-02-31 12:00", 2),
        ("A", "2020-01-01 12:00", 3),
    ]
    assert [quote.row for quote in feed_of(tmp_path, kind, rows, sort=True)] == [3, 1]
    (tmp_path / "other.csv").write_text("sid,ts,quote\nB,2020-02-01 12:00,4\n")
    sources = [str(tmp_path / f"prices{kind.ending}"), str(tmp_path / "other.csv")]
    several = open_feed(sources, query=kind.query, sort=True)
    assert [quote.quote for quote in several] == [3, 4, 1]


@pytest.mark.parametrize("options", [{"sort": True}, {"start": "2020-01-01"}])
def test_quotes_without_a_time_are_neither_sorted_nor_merged(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    """Without a time recorded quotes can be read but neither sorted nor picked nor merged."""
    rows = [("A", T, 1), ("A", None, 2)]
    kind = Kind(".jsonl", write_jsonl)
    feed = feed_of(tmp_path, kind, rows)
    assert facts(feed) == [("A", 1.0, T, 1), ("A", 2.0, None, 2)]
    assert feed.quality.report().untimed == 1
    sentence = (
        f"{tmp_path / 'prices.jsonl'}: row 2 has no time, and merging, sorting, picking by time"
        ' and bars need one; expected "ts" in every quote'
    )
    (tmp_path / "ticks.csv").write_text("sid,ts,quote\nB,2020-02-01 12:00,4\n")
    for again in (
        feed_of(tmp_path, kind, rows, **options),
        open_feed([str(tmp_path / "prices.jsonl"), str(tmp_path / "ticks.csv")]),
    ):
        with pytest.raises(UntimedError) as caught:
            list(again)
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
        feed = open_feed(
            [str(path)], columns={"sid": "Name", "ts": "Day", "quote": column}, query=kind.query
        )
        with pytest.raises(UnknownColumnError) as caught:
            list(feed)
        assert str(caught.value) == f'{path}: there is no column "{column}" for quote; {hint}'


@every_kind
def test_memory_does_not_grow_with_the_rows(tmp_path: Path, kind: Kind) -> None:
    feed = feed_of(tmp_path, kind, [("A", T + n, 1.5) for n in range(12_000)])
    list(feed)
    tracemalloc.start()
    for _ in feed:
        pass
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # the quotes alone would take twice as much
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

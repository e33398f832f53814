"""Rows of a CSV file become quotes, or are skipped with a reason."""

from __future__ import annotations

from itertools import repeat
from pathlib import Path

import pytest

from market_data import (
    SAMPLES,
    Quote,
    Sample,
    SkippedRow,
    UnusableFileError,
    open_feed,
    parse_interval,
)
from market_data.feeds.bars import find_length
from portfolio.times import instant

Facts = tuple[str, float, str | int, int]


def read(path: Path, content: str | bytes) -> tuple[list[Quote], list[SkippedRow]]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    skipped: list[SkippedRow] = []
    return list(open_feed([str(path)], on_skip=skipped.append)), skipped


def facts(quotes: list[Quote]) -> list[Facts]:
    assert {quote.source for quote in quotes} <= {"mine"}
    return [(q.sid, q.quote, q.ts, q.row) for q in quotes]  # type: ignore[misc]


DAY = "2020-01-02"


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        ("sid,ts,quote", "A,2020-01-02,1.5", ("A", 1.5, DAY)),
        ("symbol,date,price", "A,2020-01-02,1.5", ("A", 1.5, DAY)),
        ("ticker,time,close", "A,2020-01-02,1.5", ("A", 1.5, DAY)),
        ("Ticker,Timestamp,Last", "A,2020-01-02,1.5", ("A", 1.5, DAY)),
        ("CLOSE,Ticker,DateTime", "1.5,A,2020-01-02", ("A", 1.5, DAY)),
        ("\ufeffSid,TS,Quote", "A,2020-01-02,1.5", ("A", 1.5, DAY)),
        (" sid , ts , quote ", " A , 2020-01-02 , 1.5 ", ("A", 1.5, DAY)),
        ("<TICKER>,<DATE>,<CLOSE>", "A,2020-01-02,1.5", ("A", 1.5, DAY)),
        # the first column without a name is the time, unless another one is named so
        (",Open,Close", "2020-01-02,9,1.5", ("MINE", 1.5, DAY)),
        (",date,close", "0,2020-01-02,1.5", ("MINE", 1.5, DAY)),
        (",Datetime,close", "0,2020-01-02,1.5", ("MINE", 1.5, DAY)),
        # without a symbol's column the file's stem in upper case is the symbol
        ("date,close", "2020-01-02,1.5", ("MINE", 1.5, DAY)),
        # of several columns the one that comes first in the documentation
        (
            "close,last,price,quote,time,date,timestamp,datetime,ts,ticker,symbol,sid",
            "1,2,3,4,20200105,20200104,20200103,20200102,20200101,7,8,9",
            ("9", 4.0, 20200101),
        ),
        (
            "close,last,price,time,date,timestamp,datetime,ticker,symbol",
            "1,2,3,20200105,20200104,20200103,20200102,7,8",
            ("8", 3.0, 20200102),
        ),
        ("ts,close", "1700000000000,1.5", ("MINE", 1.5, 1700000000000)),
        ("date,close", "2020-01-02,1e9", ("MINE", 1e9, DAY)),
        ("date,close,note", '2020-01-02,345,"a, b"', ("MINE", 345.0, DAY)),
    ],
)
def test_columns_are_recognised_by_their_names(
    tmp_path: Path, header: str, row: str, expected: tuple[str, float, str | int]
) -> None:
    quotes, skipped = read(tmp_path / "mine.csv", f"{header}\n{row}\n")
    assert facts(quotes) == [(*expected, 1)]
    assert skipped == []


def test_the_other_numbers_of_a_row_go_along_and_what_is_none_is_left_out(tmp_path: Path) -> None:
    quotes, _skipped = read(
        tmp_path / "mine.csv",
        "date,close,Open,HIGH,low,volume,bid,ask,size,note\n"
        "2020-01-02,2,1.5,3.0,1,68.18K,,1e2,9007199254740993,7\n",
    )
    # whole numbers are integers, as far as JSON carries them exactly
    assert repr(quotes[0].fields) == repr(
        {"open": 1.5, "high": 3, "low": 1, "close": 2, "ask": 100, "size": 9007199254740992.0}
    )


@pytest.mark.parametrize(
    ("row", "problem", "reason"),
    [
        ("A,2020-01-02,", "missing", "no price"),
        ("A,2020-01-02,null", "missing", 'the price is "null"'),
        ("A,2020-01-02,nan", "missing", 'the price is "nan"'),
        ("A,2020-01-02,N/A", "missing", 'the price is "N/A"'),
        ("A,2020-01-02,-", "missing", 'the price is "-"'),
        ("A,2020-01-02", "cells", "2 cells and not 3: 'A,2020-01-02'"),
        ("A", "cells", "1 cell and not 3: 'A'"),
        ("A,2020-01-02,1,2", "cells", "4 cells and not 3: 'A,2020-01-02,1,2'"),
        ("A,2020-01-02,x", "not_a_price", "the price 'x' is not a number"),
        ("A,2020-01-02,1_000", "not_a_price", "the price '1_000' is not a number"),
        ("A,2020-01-02,\u0663", "not_a_price", "the price '\u0663' is not a number"),
        ("A,2020-01-02,inf", "not_a_price", "the price 'inf' is not finite"),
        ("A,2020-01-02,1e999", "not_a_price", "the price '1e999' is not finite"),
        ("A,2020-01-02,0", "not_positive", "the price '0' is not above 0"),
        ("A,2020-01-02,-1", "not_positive", "the price '-1' is not above 0"),
        ("A,2020-01-02,1000000000.5", "not_a_price", "the price '1000000000.5' is above 1e+09"),
        (" ,2020-01-02,1", "missing", "no symbol"),
        ("A,,1", "missing", "no time"),
        ("A, ,1", "missing", "no time"),
        ("A,NaT,1", "missing", "no time"),
        (
            "A,t,1",
            "time_format",
            'the time is "t": a time is ISO 8601 text, such as 2024-01-10T21:55:31Z',
        ),
        ("A,7,1", "time", 'the time is "7": as a number a time is s, ms, us or ns since 1970'),
        ("A,2020-02-31,1", "time", 'the time is "2020-02-31": there is no such day'),
    ],
)
def test_an_invalid_row_is_skipped_with_its_reason_and_its_number(
    tmp_path: Path, row: str, problem: str, reason: str
) -> None:
    """A row that is no quote is skipped with its reason and keeps its number."""
    quotes, [skipped] = read(
        tmp_path / "mine.csv",
        f"sid,ts,quote\nB,2020-01-01,2\n\n{row}\nC,2020-01-03,3\n",
    )
    assert (skipped.source, skipped.row, skipped.problem) == ("mine", 2, problem)
    assert skipped.reason.startswith(reason)
    assert facts(quotes) == [("B", 2.0, "2020-01-01", 1), ("C", 3.0, "2020-01-03", 3)]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "the file is empty; expected a header and rows"),
        ("\n\n", "the file is empty; expected a header and rows"),
        ("date,close\n", "no row is a quote; expected at least one"),
        (
            "date,open\n2020-01-02,1\n",
            "no price among the columns date, open; expected one of quote, price, last, close, or a"
            " name for quote in --columns",
        ),
        (
            "open,close\n1,2\n",
            "no time among the columns open, close; expected one of ts, date",
        ),
        (
            b"date,close\n2020-01-02,1\n\xff,1\n",
            "b'\\xff' is not text in utf-8; expected --enc",
        ),
        ("date,close\n2020-01-02," + "1" * 200_000 + "\n", "field larger than field limit"),
    ],
)
def test_an_invalid_feed_is_reported_with_what_was_found_and_expected(
    tmp_path: Path, content: str | bytes, sentence: str
) -> None:
    """A file that is no feed is told by what was found and what is expected."""
    with pytest.raises(UnusableFileError) as caught:
        read(tmp_path / "mine.csv", content)
    assert sentence in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "mine.csv"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("start", "found", "expected"),
    [
        (
            b"PK\x03\x04",
            "it is an archive or an Excel workbook",
            "the CSV file in it, or its sheet as CSV",
        ),
        (
            b"BZh9",
            "it is compressed by bzip2",
            "a file compressed by gzip or Zstandard, or by nothing",
        ),
        (b'{"sid": 1}', "it is JSON", "a CSV file, or the ending .jsonl for messages"),
        (b"\n [1]", "it is JSON", "a CSV file, or the ending .jsonl for messages"),
        (b"<?xml version='1.0'?>", "it is XML", "a CSV file"),
        (b"\xd0\xcf\x11\xe0", "it is an Excel workbook", "its sheet, saved as CSV"),
        (b"PAR1", "it is a Parquet file", "the ending .parquet"),
        (b"SQLite format 3\0", "it is an SQLite database", "the ending .db and --query"),
        (b"%PDF-1.7", "it is a PDF file", "a CSV file"),
        (b"<!DOCTYPE html>", "it is a web page", "the CSV file that it links to"),
        (b"<HTML>", "it is a web page", "the CSV file that it links to"),
    ],
)
def test_what_is_taken_for_a_csv_file_is_named_by_what_it_is(
    tmp_path: Path, start: bytes, found: str, expected: str
) -> None:
    path = tmp_path / "mine.csv"
    with pytest.raises(UnusableFileError) as caught:
        read(path, start + b"more\n")
    assert str(caught.value).startswith(f"{path}: {found}; expected {expected}")


def test_rows_are_read_a_few_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(b"date,close\n" + b"2020-01-02T09:00,1\n" * 100_000 + b"\xff,1\n")
    quotes = iter(open_feed([str(path)]))
    # the broken end is not reached yet
    assert facts([next(quotes)]) == [("MINE", 1.0, "2020-01-02T09:00", 1)]


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=list(SAMPLES))
def test_a_sample_holds_what_its_listing_says(sample: Sample) -> None:
    skipped: list[object] = []
    quotes = list(open_feed([sample.name], on_skip=skipped.append))
    assert skipped == []
    ends = [str(quote.ts)[:10] for quote in (quotes[0], quotes[-1])]
    assert (len(quotes), ends) == (sample.rows, [sample.first, sample.last])
    assert {quote.sid for quote in quotes} == {sample.sid}
    assert len({quote.ts for quote in quotes}) == sample.rows
    days = find_length(repeat(sample.sid), [instant(quote.ts) for quote in quotes])
    assert days == (parse_interval(sample.interval, "").length, True)


def test_the_origin_of_each_sample_stands_beside_it() -> None:
    folder = SAMPLES["goog"].path.parent
    about = (folder / "README.md").read_text()
    files = {path for path in folder.iterdir() if path.suffix == ".csv"}
    assert files == {sample.path for sample in SAMPLES.values()}
    for sample in SAMPLES.values():
        assert f"`{sample.path.name}`" in about
        for fact in (f"{sample.rows:,} rows", f"{sample.first} to {sample.last}"):
            assert fact in about
    # the package holds them
    assert sum(path.stat().st_size for path in files) < 1_500_000


def test_the_splits_of_apple_are_in_its_sample() -> None:
    prices = {quote.ts: quote.quote for quote in open_feed("aapl")}
    for before, day in (("2000-06-20", "2000-06-21"), ("2005-02-25", "2005-02-28")):
        assert prices[before] / prices[day] == pytest.approx(2, rel=0.1)


def test_the_sample_of_google_has_bars() -> None:
    quotes = list(open_feed("goog"))
    assert [(q.sid, q.quote, q.ts, q.row) for q in (quotes[0], quotes[-1])] == [
        ("GOOG", 100.335, "2004-08-19", 1),
        ("GOOG", 806.19, "2013-03-01", 2148),
    ]
    assert quotes[0].fields == {
        "open": 100.01,
        "high": 104.06,
        "low": 95.96,
        "close": 100.335,
        "volume": 44659000,
    }

"""Rows of a CSV file become quotes, or are skipped with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from market_data import SAMPLES, Quote, SkippedRow, UnusableFileError, open_feed


def read(path: Path, content: str | bytes) -> tuple[list[Quote], list[tuple[int, str]]]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    skipped: list[SkippedRow] = []
    quotes = list(open_feed([str(path)], on_skip=skipped.append))
    return quotes, [(row.row, row.reason) for row in skipped]


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        ("sid,ts,quote", "A,t,1.5", ("A", 1.5, "t")),
        ("symbol,date,price", "A,t,1.5", ("A", 1.5, "t")),
        ("ticker,time,close", "A,t,1.5", ("A", 1.5, "t")),
        ("CLOSE,Ticker,Date", "1.5,A,t", ("A", 1.5, "t")),
        ("\ufeffSid,TS,Quote", "A,t,1.5", ("A", 1.5, "t")),
        (" sid , ts , quote ", " A , t , 1.5 ", ("A", 1.5, "t")),
        # the first column without a name is the time, unless another one is named so
        (",Open,Close", "t,9,1.5", ("MINE", 1.5, "t")),
        (",date,close", "0,t,1.5", ("MINE", 1.5, "t")),
        # without a symbol's column the file's stem in upper case is the symbol
        ("date,close", "t,1.5", ("MINE", 1.5, "t")),
        # of several columns the one that comes first in the documentation
        ("close,price,quote,date,ts,ticker,sid", "1,2,3,4,5,6,7", ("7", 3.0, 5)),
        ("ts,close", "1700000000000,1.5", ("MINE", 1.5, 1700000000000)),
        ("date,close", "t,1e9", ("MINE", 1e9, "t")),
        ("date,close,note", 't,345,"a, b"', ("MINE", 345.0, "t")),
        ("date,close", "t,1.5,more", ("MINE", 1.5, "t")),
    ],
)
def test_columns_are_recognised_by_their_names(
    tmp_path: Path, header: str, row: str, expected: tuple[str, float, str | int]
) -> None:
    quotes, skipped = read(tmp_path / "mine.csv", f"{header}\n{row}\n")
    sid, quote, ts = expected
    assert quotes == [Quote(sid, quote, ts, 1, "mine")]
    assert skipped == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("A,t,", "no price"),
        ("A,t", "no price"),
        ("A,t,x", "the price 'x' is not a number"),
        ("A,t,1_000", "the price '1_000' is not a number"),
        ("A,t,\u0663", "the price '\u0663' is not a number"),
        ("A,t,nan", "the price 'nan' is not a number"),
        ("A,t,inf", "the price 'inf' is not finite"),
        ("A,t,1e999", "the price '1e999' is not finite"),
        ("A,t,0", "the price '0' is not above 0"),
        ("A,t,-1", "the price '-1' is not above 0"),
        ("A,t,1000000000.5", "the price '1000000000.5' is above 1e+09"),
        (" ,t,1", "no symbol"),
        ("A,,1", "no time"),
        ("A, ,1", "no time"),
    ],
)
def test_a_row_that_is_no_quote_is_skipped_with_its_reason_and_keeps_its_number(
    tmp_path: Path, row: str, reason: str
) -> None:
    quotes, skipped = read(tmp_path / "mine.csv", f"sid,ts,quote\nB,t,2\n\n{row}\nC,t,3\n")
    assert skipped == [(2, reason)]
    assert quotes == [Quote("B", 2.0, "t", 1, "mine"), Quote("C", 3.0, "t", 3, "mine")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "the file is empty; expected a header and rows"),
        ("\n\n", "the file is empty; expected a header and rows"),
        (
            "date,open\nt,1\n",
            "no price among the columns date, open; expected one of quote, price, close",
        ),
        ("open,close\n1,2\n", "no time among the columns open, close; expected one of ts, date,"),
        ("date;close\nt;1\n", "no price among the columns date;close; expected one of quote,"),
        (b"date,close\nt,1\n\xff,1\n", "can't decode byte 0xff"),
        ("date,close\nt," + "1" * 200_000 + "\n", "field larger than field limit"),
    ],
)
def test_a_file_that_is_no_feed_is_told_by_what_was_found_and_what_is_expected(
    tmp_path: Path, content: str | bytes, sentence: str
) -> None:
    with pytest.raises(UnusableFileError) as caught:
        read(tmp_path / "mine.csv", content)
    assert sentence in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / "mine.csv"))
    assert "\n" not in str(caught.value)


def test_rows_are_read_a_few_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(b"date,close\n" + b"t,1\n" * 100_000 + b"\xff,1\n")
    quotes = iter(open_feed([str(path)]))
    # the broken end is not reached yet
    assert next(quotes) == Quote("MINE", 1.0, "t", 1, "mine")


def test_the_sample_holds_what_its_listing_says() -> None:
    sample = SAMPLES["goog"]
    skipped: list[object] = []
    quotes = list(open_feed(["goog"], on_skip=skipped.append))
    assert quotes[0] == Quote("GOOG", 100.335, "2004-08-19", 1, "goog")
    assert quotes[-1] == Quote("GOOG", 806.19, "2013-03-01", 2148, "goog")
    assert skipped == []
    assert (len(quotes), quotes[0].ts, quotes[-1].ts) == (sample.rows, sample.first, sample.last)
    assert {quote.sid for quote in quotes} == {sample.sid}

"""How a text file is written: delimiter, encoding, compression, and what stands before it."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_data import Feed, MissingPackageError, UnusableFileError, find_source, open_feed
from market_data.feeds.dialect import find_dialect
from tests.market_data.feeds.suggested import suggested

Facts = list[tuple[str, float, Any, int]]

ROWS = ["sid,date,close", "A,2020-01-02,1.5", "B,2020-01-03,2.5"]
FACTS: Facts = [("A", 1.5, "2020-01-02", 1), ("B", 2.5, "2020-01-03", 2)]


def text(delimiter: str = ",", end: str = "\n") -> str:
    return "".join(row.replace(",", delimiter) + end for row in ROWS)


def feed_of(path: Path, content: str | bytes, **options: Any) -> Feed:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return open_feed(path, **options)


def facts(feed: Feed) -> Facts:
    return [(q.sid, q.quote, q.ts, q.row) for q in feed]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a file may be."""
    return tmp_path / "mine.csv"


def test_pairs_of_name_and_value_before_the_header_are_skipped(path: Path) -> None:
    """Pairs of name and value before the header, as of Bloomberg, are skipped and reported."""
    pairs = ["Security,A US Equity,", "Start,1/2/2020,", ",,"]
    feed = feed_of(path, "\n".join([*pairs, *ROWS, ""]))
    assert facts(feed) == FACTS
    skipped = [f'a line before the header is skipped: "{line}"' for line in pairs]
    assert list(feed.quality.report().notes) == skipped


def test_delimiters_at_the_ends_of_all_lines_do_not_hide_the_header(path: Path) -> None:
    content = "date,close,\n2020-01-02,1.5,\n2020-01-03,2.5,\n"
    assert [quote.quote for quote in feed_of(path, content)] == [1.5, 2.5]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_delimiter_is_detected(path: Path, delimiter: str, end: str) -> None:
    assert facts(feed_of(path, text(delimiter, end))) == FACTS


@pytest.mark.parametrize(
    ("delimiter", "said"), [(":", ":"), ("\t", "tab"), ("\t", "\\t"), ("^", "^")]
)
def test_another_delimiter_may_be_said(path: Path, delimiter: str, said: str) -> None:
    assert facts(feed_of(path, text(delimiter), delimiter=said)) == FACTS


def test_the_delimiter_that_is_said_is_the_one(path: Path) -> None:
    with pytest.raises(UnusableFileError, match=r"no price among the columns sid,date,close;"):
        list(feed_of(path, text(","), delimiter=";"))


def test_a_comma_beside_another_delimiter_is_a_decimal_one(path: Path) -> None:
    content = "date;open;close\n2020-01-02;1,5;2,5\n2020-01-03;1,6;2,6\n"
    assert [quote.quote for quote in feed_of(path, content, decimal=",")] == [2.5, 2.6]
    # where the header has as many commas as the rows, too
    content = content.replace("open;close", "open, first;close, last")
    columns = {"ts": "date", "quote": "close, last"}
    feed = feed_of(path, content, decimal=",", columns=columns)
    assert [quote.quote for quote in feed] == [2.5, 2.6]


@given(
    st.sampled_from([",", ";", "\t", "|"]),
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 99)), min_size=1, max_size=9),
    st.integers(2, 5),
)
def test_a_table_of_numbers_has_the_delimiter_that_it_was_written_with(
    delimiter: str, numbers: list[tuple[int, int]], width: int
) -> None:
    rows = [delimiter.join([f"{whole}.{part:02}"] * width) for whole, part in numbers]
    header = delimiter.join("abcde"[:width])
    dialect = find_dialect("\n".join([header, *rows, ""]), None, is_cut=False)
    assert (dialect.delimiter, dialect.preamble) == (delimiter, ())
    assert [len(row) for row in dialect.rows] == [width] * (len(numbers) + 1)


@pytest.mark.parametrize("line", ["sep=;", '"sep=;"', "SEP=;", "sep=;\r"])
def test_a_line_that_tells_excel_the_delimiter_is_obeyed_and_is_no_row(
    path: Path, line: str
) -> None:
    feed = feed_of(path, f"{line}\n{text(';')}")
    assert facts(feed) == FACTS
    assert feed.quality.report().notes == (
        f'a line before the header is skipped: "{line.strip()}"',
    )
    # even where another one would fit as well
    mixed = "sep=|\nsid|note;more|date|close\nA|x;y|2020-01-02|1.5\n"
    assert facts(feed_of(path, mixed)) == FACTS[:1]


def test_lines_before_the_header_are_skipped_and_named_and_are_no_rows(path: Path) -> None:
    feed = feed_of(path, "# prices\n\nof two\n" + text() + "\n")
    assert facts(feed) == FACTS
    assert feed.quality.report().notes == (
        'a line before the header is skipped: "# prices"',
        'a line before the header is skipped: "of two"',
    )


def test_spaces_behind_delimiters_and_quotes_are_no_part_of_cells(path: Path) -> None:
    content = 'sid, date, close\n"A", "2020-01-02", "1.5"\n"B", "2020-01-03", "2.5"\n'
    assert facts(feed_of(path, content)) == FACTS


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_mark_tells_the_encoding(path: Path, encoding: str) -> None:
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    content = (mark + text().replace("A", "Ä").replace("B", "東")).encode(encoding)
    assert [quote.sid for quote in feed_of(path, content)] == ["Ä", "東"]


@pytest.mark.parametrize(
    ("encoding", "sid"),
    [("cp1252", "Ä"), ("latin-1", "Ä"), ("utf-16-le", "東"), ("shift_jis", "東"), ("utf-8", "東")],
)
def test_an_encoding_may_be_said(path: Path, encoding: str, sid: str) -> None:
    content = text().replace("A", sid).encode(encoding)
    assert [quote.sid for quote in feed_of(path, content, encoding=encoding)] == [sid, "B"]


def test_what_is_no_utf_8_leads_to_the_encoding(path: Path) -> None:
    with pytest.raises(UnusableFileError) as caught:
        list(feed_of(path, text().replace("A", "Ä").encode("cp1252")))
    assert str(caught.value) == (
        f"{path}: b'\\xc4' is not text in utf-8; expected --encoding cp1252, or another one that"
        " the file is written in"
    )
    # beyond what is read of it at first, too
    content = text().encode() + b"A,2020-01-04,1\n" * 10_000 + b"\xc4,2020-01-05,1\n"
    with pytest.raises(UnusableFileError, match="is not text in utf-8; expected --encoding cp1252"):
        list(feed_of(path, content))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_leads_to_the_encoding_that_reads_it(
    path: Path, encoding: str
) -> None:
    content = text().encode(encoding)
    with pytest.raises(UnusableFileError) as caught:
        list(feed_of(path, content))
    assert str(caught.value) == (f"{path}: it holds zero bytes; expected --encoding {encoding}")
    assert facts(open_feed(path, **suggested(caught.value))) == FACTS


def test_an_encoding_that_there_is_not_is_refused(path: Path) -> None:
    with pytest.raises(UnusableFileError, match='there is no encoding "utf-7000"; expected --enc'):
        list(feed_of(path, text(), encoding="utf-7000"))


def test_a_character_that_is_cut_where_the_beginning_ends_is_read(path: Path) -> None:
    # 64 KiB are looked at: of one of these the cut is within a character
    for shift in range(3):
        note = "x" * shift + "東" * 22_000
        content = f'sid,date,close,note\nA,2020-01-02,1.5,"{note}"\nB,2020-01-03,2.5,\n'
        assert facts(feed_of(path, content)) == FACTS


def compressed(content: bytes, ending: str) -> bytes:
    if ending.endswith(".gz"):
        return gzip.compress(content)
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return bytes(sink.getvalue())


RECORDING = b'{"sid": "A", "quote": 1.5, "ts": "2020-01-02"}\n{"b": 2.5, "ts": "2020-01-03"}\n'


@pytest.mark.parametrize(
    ("ending", "kind"),
    [
        (".csv.gz", "csv"),
        (".csv.zst", "csv"),
        (".CSV.GZ", "csv"),
        (".txt.gz", "csv"),
        (".jsonl.gz", "jsonl"),
        (".jsonl.zst", "jsonl"),
        (".ndjson.gz", "jsonl"),
    ],
)
def test_a_compressed_file_is_read_and_named_as_the_file_in_it(
    tmp_path: Path, ending: str, kind: str
) -> None:
    path = tmp_path / f"mine{ending}"
    content = text().encode() if kind == "csv" else RECORDING
    feed = feed_of(path, compressed(content, ending.lower()))
    assert [(q.sid.upper(), *q[1:4]) for q in feed] == FACTS
    assert find_source(path)[:2] == ("mine", kind)
    assert feed.sources[0].symbol == "MINE"


@pytest.mark.parametrize("ending", [".csv.gz", ".csv.zst"])
def test_a_compressed_file_is_read_a_few_rows_at_a_time_and_a_cut_is_told(
    tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"mine{ending}"
    rows = "".join(f"A,{1577836800000 + n * 7919},{n % 977 + 1}\n" for n in range(60_000))
    content = compressed(f"sid,ts,close\n{rows}".encode(), ending)
    quotes = iter(feed_of(path, content[: len(content) * 9 // 10]))
    assert next(quotes).row == 1
    with pytest.raises(UnusableFileError) as caught:
        list(quotes)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_what_a_file_is_compressed_by_its_first_bytes_tell(path: Path) -> None:
    assert facts(feed_of(path, compressed(text().encode(), ".gz"))) == FACTS


def test_zstandard_without_pyarrow_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    path = tmp_path / "mine.csv.zst"
    content = compressed(text().encode(), ".zst")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingPackageError, match="needs pyarrow, which is not installed"):
        list(feed_of(path, content))


def test_a_path_is_as_good_as_its_text(path: Path) -> None:
    path.write_text(text())
    assert facts(open_feed(path)) == facts(open_feed(str(path))) == FACTS
    assert facts(open_feed([path, "goog"], bar_time="close"))[-2:] == FACTS

"""Whatever a file holds, it gives quotes of the contract, or one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from market_data import FeedError, as_message, open_feed
from portfolio.times import instant
from tests.support.processes import ROOT

SCHEMA = json.loads((ROOT / "contracts" / "quote.schema.json").read_text())
CANONICAL = Draft202012Validator({**SCHEMA, "oneOf": [{"$ref": "#/$defs/canonical"}]})

cells = st.one_of(
    st.sampled_from(
        [
            *(
                "",
                " ",
                "A",
                "1",
                "1.5",
                "-1",
                "1e400",
                "nan",
                "null",
                "1,000.5",
                "1.000,5",
                '"',
                "'",
            ),
            *("2024-01-10", "2024-01-10 09:30", "09:30", "20240110", "093000", "10.01.2024", "t"),
            *("2024.01.10", "1704704400000", "1704704400", "45292", "Jan 10, 2024", "24:00", "+"),
            *("2024-03-10 02:30", "2024-11-03 01:30", "2024-01-10T09:30:00+23:59", "9999-12-31"),
            *("0001-01-01", "2024-02-31", "\u0661", "1_0", "#", "-05:00", "1" * 40, "-" * 40),
        ]
    ),
    st.text(max_size=5),
    st.integers().map(str),
    st.floats().map(repr),
    st.dates().map(str),
    st.datetimes().map(str),
)
names = st.sampled_from(
    [
        *("", "date", "time", "ts", "Datetime", "close", "price", "Close", "sid", "symbol", "high"),
        *("low", "open", "volume", "<DATE>", "<TIME>", "<CLOSE>", "Ticker", "Price", "unix"),
        *("timestamp", "Date", "Adj Close", "open_time", "close_time", "Datum"),
    ]
)


@st.composite
def tables(draw: st.DrawFn) -> str:
    """Texts that are tables more or less."""
    delimiter = draw(st.sampled_from([",", ";", "\t", "|"]))
    width = draw(st.integers(1, 7))
    lines = [draw(st.lists(names, min_size=width, max_size=width))] * draw(st.integers(0, 1))
    kinds = draw(st.lists(st.sampled_from([cells, cells.map(str.upper)]), min_size=width))
    for _ in range(draw(st.integers(0, 6))):
        row = [draw(kind) for kind in kinds[:width]]
        lines.append(row[: draw(st.integers(width - 1, width))] if draw(st.booleans()) else row)
    end = draw(st.sampled_from(["\n", "\r\n"]))
    return end.join(delimiter.join(line) for line in lines) + end


options = st.fixed_dictionaries(
    {},
    optional={
        "header": st.just(False),
        "decimal": st.just(","),
        "thousands": st.sampled_from([".", " ", "'"]),
        "time_unit": st.sampled_from(["s", "ms", "us", "ns", "excel"]),
        "time_format": st.sampled_from(["%d.%m.%Y", "%Y-%m-%d %H:%M", "%H:%M", "%b %d, %Y", "%z"]),
        "timezone": st.sampled_from(["America/New_York", "Asia/Kathmandu"]),
        "bar_time": st.sampled_from(["open", "close"]),
        "sort": st.just(True),
        "strict": st.just(True),
        "start": st.sampled_from(["2000-01-01", "2024-01-10T09:30"]),
        "end": st.sampled_from(["2000-01-01", "2100-01-01"]),
        "columns": st.dictionaries(
            st.sampled_from(["sid", "ts", "quote", "volume"]),
            st.sampled_from(["1", "2", "3", "1+2", "date", "date+time", "close", "x"]),
        ),
    },
)


def check(path: Path, given_options: dict[str, Any]) -> None:
    pairs: list[Any] = []
    sentence = ""
    try:
        feed = open_feed(path, **given_options)
        pairs = [pair for batch in feed.batches() for pair in zip(*batch, strict=True)]
        feed.quality.report().lines()
    except FeedError as error:
        sentence = str(error)
    assert bool(pairs) != bool(sentence)
    assert "\n" not in sentence
    for time, quote in pairs:
        message = as_message(quote, "r")
        CANONICAL.validate(json.loads(json.dumps(message, allow_nan=False)))
        assert (None if quote.ts is None else instant(quote.ts)) == time
        assert 0 < quote.quote <= 1e9
    times = [time for time, _quote in pairs if time is not None]
    assert times == sorted(times)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the files are, one after the other."""
    return tmp_path_factory.mktemp("any")


@pytest.mark.parametrize(
    "content",
    [
        # a row that is shorter than the header, first
        b"close,date\nA\n",
        b",close\nA\n",
        b"close,date\nA\n1,10.01.2024\n",
        b"date,close\n01/01/0001,1\n",
        # a time of day that is missing
        b",,2000-01-01,nan,,,\n,1,,24:00,,,\n",
        b"\0",
        b"\0\0",
    ],
)
def test_what_has_ended_in_a_traceback_once_is_a_sentence(folder: Path, content: bytes) -> None:
    path = folder / "mine.csv"
    path.write_bytes(content)
    check(path, {})


@given(tables(), options)
def test_a_table_of_anything_gives_quotes_or_a_sentence(
    folder: Path, text: str, given_options: dict[str, Any]
) -> None:
    path = folder / "mine.csv"
    path.write_bytes(text.encode("utf-8", "replace"))
    check(path, given_options)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200), st.sampled_from([".csv", ".jsonl", ".parquet", ".csv.gz", ".db"]))
def test_bytes_of_any_file_give_quotes_or_a_sentence(
    folder: Path, content: bytes, ending: str
) -> None:
    path = folder / f"mine{ending}"
    path.write_bytes(content)
    check(path, {})


@given(
    st.sampled_from(sorted((ROOT / "tests" / "cases").glob("0*.csv"))),
    st.integers(0, 3000),
    st.binary(min_size=1, max_size=4),
    options,
)
def test_a_file_that_was_damaged_gives_quotes_or_a_sentence(
    folder: Path, case: Path, at: int, damage: bytes, given_options: dict[str, Any]
) -> None:
    content = case.read_bytes()[:4000]
    path = folder / "mine.csv"
    path.write_bytes(content[:at] + damage + content[at + len(damage) :])
    check(path, given_options)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | cells,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
keys = st.sampled_from(["sid", "quote", "ts", "id", "channel", "a", "volume"]) | st.text(max_size=3)


@given(st.lists(st.dictionaries(keys, values) | values, min_size=1, max_size=5))
def test_messages_of_anything_give_quotes_or_a_sentence(folder: Path, messages: list[Any]) -> None:
    path = folder / "mine.jsonl"
    good = {"sid": "A", "quote": 1}
    path.write_text("".join(json.dumps(each) + "\n" for each in [good, *messages]))
    feed = open_feed(path)
    quotes = list(feed)
    assert quotes[0][:2] == ("A", 1.0)
    # a message is quotes, or it is skipped
    rows = {quote.row for quote in quotes}
    assert len(rows) + feed.quality.report().skipped == len(messages) + 1
    for quote in quotes:
        CANONICAL.validate(json.loads(json.dumps(as_message(quote, "r"), allow_nan=False)))

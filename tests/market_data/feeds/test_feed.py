"""The one interface: which source is meant, what is refused at once, and what a message is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from market_data import (
    FeedError,
    Quote,
    as_message,
    find_source,
    open_feed,
    parse_columns,
)
from market_data.replay.replay import messages

# instants, no days, whose prices would be known at their ends
THREE = "sid,ts,quote\nA,2020-01-01T12:00,1\nB,2020-01-02T12:00,2\nA,2020-01-03T12:00,3\n"


def sentence(call: Callable[[], Any]) -> str:
    with pytest.raises(FeedError) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.csv", "csv"),
        ("a.txt", "csv"),
        ("a", "csv"),
        ("a.parquet", "parquet"),
        ("a.PARQUET", "parquet"),
        ("a.jsonl", "jsonl"),
        ("a.ndjson", "jsonl"),
        ("a.db", "sql"),
        ("a.sqlite", "sql"),
        ("a.sqlite3", "sql"),
    ],
)
def test_a_files_ending_tells_its_kind(tmp_path: Path, name: str, kind: str) -> None:
    (tmp_path / name).touch()
    assert find_source(str(tmp_path / name)).kind == kind


def test_a_file_that_is_named_like_a_sample_is_reached_with_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("goog").write_text(THREE)
    assert len(list(open_feed(["goog"]))) == 2148
    assert len(list(open_feed("./goog"))) == 3


def test_what_makes_no_sense_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    recording = tmp_path / "live.jsonl"
    recording.touch()
    for call, text in [
        (lambda: open_feed([]), "no source of quotes is given; expected a sample, a file or"),
        (lambda: open_feed(["gogo"]), 'no sample "gogo"; did you mean "goog"?'),
        (
            lambda: open_feed(["goog"], query="SELECT 1"),
            "--query is 'SELECT 1': it is for sql, and not csv",
        ),
        (
            lambda: open_feed([str(recording)], columns={"sid": "Ticker"}),
            "--columns is {'sid': 'Ticker'}: it is for csv or frame or parquet or sql, and not",
        ),
        (
            lambda: open_feed(["goog"], columns={"qoute": "Close"}),
            '"qoute" names no column for a field of a quote; did you mean "quote"?',
        ),
    ]:
        assert text in sentence(call)


def test_a_choice_of_columns_is_read() -> None:
    assert parse_columns("sid=Ticker, ts = Day,quote=Adj Close") == {
        "sid": "Ticker",
        "ts": "Day",
        "quote": "Adj Close",
    }


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("Ticker", '"Ticker" names no column for a field of a quote; expected sid=…, ts=… or'),
        ("sid=", '"sid=" names no column'),
        ("sid=A,", '"" names no column'),
        ("SID=A", 'did you mean "sid"?'),
        ("time=A", '"time" names no column for a field of a quote; expected sid, ts or quote'),
    ],
)
def test_a_choice_of_columns_that_cannot_be_understood_is_a_sentence(text: str, hint: str) -> None:
    assert hint in sentence(lambda: parse_columns(text))


@pytest.mark.parametrize(
    ("quote", "message"),
    [
        (
            Quote("A", 1.5, None, 7, "goog"),
            {"sid": "A", "quote": 1.5, "id": "goog:r:7", "channel": "quotes"},
        ),
        (
            Quote("A", 1.5, "2013-03-01", 7, "goog"),
            {"sid": "A", "quote": 1.5, "ts": "2013-03-01", "id": "goog:r:7", "channel": "quotes"},
        ),
        (
            Quote("A", 1.5, 1700000000000, 7, "goog"),
            {"sid": "A", "quote": 1.5, "ts": 1700000000000, "id": "goog:r:7", "channel": "quotes"},
        ),
    ],
)
def test_a_quote_becomes_the_map_that_an_engine_takes(quote: Quote, message: Any) -> None:
    assert list(as_message(quote, "r").items()) == list(message.items())
    assert as_message(quote, "r", "other")["channel"] == "other"


def test_a_replay_publishes_the_quotes_that_a_backtest_decides(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(THREE)
    (tmp_path / "b.jsonl").write_text(
        '{"sid": "C", "quote": "4", "ts": "2020-01-02T12:00", "id": "x", "volume": 5}\n'
        '{"c": 5, "d": 6, "ts": "2020-01-04"}\n'
    )
    feed = open_feed([str(tmp_path / "a.csv"), str(tmp_path / "b.jsonl")])
    backtested = [as_message(quote, "r") for quote in feed]
    replayed = [json.loads(message.text) for message in messages(feed, "r")]
    # the channel is the topic
    assert [{**message, "channel": "quotes"} for message in replayed] == backtested
    ids = ["a:r:1", "a:r:2", "x", "a:r:3", "b:r:2/c", "b:r:2/d"]
    assert [message["id"] for message in replayed] == ids


def test_no_two_quotes_of_a_replay_have_the_same_id(tmp_path: Path) -> None:
    for folder in ("old", "new"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.csv").write_text(THREE)
    (tmp_path / "a.2.csv").write_text(THREE)
    (tmp_path / "b.jsonl").write_text(
        '{"sid": "C", "quote": 4, "ts": "2020-01-02T12:00", "id": "x"}\n'
    )
    sources = ("a.2.csv", "old/a.csv", "new/a.csv", "b.jsonl")
    feed = open_feed([str(tmp_path / source) for source in sources])
    assert feed.name == "a.2+a+a.3+b"
    passes = messages(feed, "r", loop=True)
    ids = [json.loads(next(passes).text)["id"] for _ in range(20)]
    assert len(set(ids)) == 20
    assert {"x", "x.2", "a:r:3", "a.3:r.2:1"} <= set(ids)


@pytest.mark.parametrize(("several", "sort"), [(True, False), (False, True), (False, False)])
def test_a_replay_goes_on_from_any_of_its_marks(tmp_path: Path, several: bool, sort: bool) -> None:
    (tmp_path / "a.csv").write_text(THREE if not sort else THREE + "A,2019-01-01T12:00,4\n")
    (tmp_path / "b.jsonl").write_text('{"c": 5, "d": 6, "ts": "2020-01-02T12:00"}\n')
    sources = ["a.csv", "b.jsonl"] if several else ["a.csv"]
    feed = open_feed([str(tmp_path / source) for source in sources], sort=sort)
    every = list(messages(feed, "r"))
    marks = [message.mark for message in every]
    assert marks == sorted(set(marks))
    for number, mark in enumerate(marks):
        assert list(messages(feed, "r", start=mark)) == every[number:]

"""A recorder's folder as a source: the quotes that the bridge made of its messages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from algo_service.backtest import backtest, sweep
from algo_service.errors import AlgoServiceError
from market_data import SkippedRow, UnsortedError, UnusableFileError, as_message, open_feed
from market_data.record.claim import Claim
from market_data.record.folder import Folder
from tests.market_data.record.messages import received


def recorded(folder: Path, *messages: tuple[str, str]) -> Path:
    """A recording of texts on topics."""
    Claim(folder, None).release()
    destination = Folder(folder, print)
    destination.keep([received(text, topic) for topic, text in messages])
    destination.close()
    return folder


def read(folder: Path, **options: Any) -> tuple[list[dict[str, Any]], list[SkippedRow], Any]:
    skipped: list[SkippedRow] = []
    feed = open_feed(folder, on_skip=skipped.append, **options)
    messages = [as_message(quote, "r") for quote in feed]
    return messages, skipped, feed


def test_the_channel_is_the_topic_and_ids_are_those_of_the_messages(tmp_path: Path) -> None:
    folder = recorded(
        tmp_path / "monday",
        (
            "quotes/a",
            '{"sid": "GOOG", "quote": 345, "id": "x", "channel": "no", "bid": 344}',
        ),
        ("quotes/b", '{"goog": 3.45, "aapl": 2, "id": "y"}'),
        ("quotes/b", '[{"sid": "MSFT", "quote": 400}]'),
    )
    messages, skipped, _ = read(folder)
    assert messages == [
        {"sid": "GOOG", "quote": 345.0, "id": "x", "channel": "quotes/a", "bid": 344},
        {"sid": "aapl", "quote": 2.0, "id": "y/aapl", "channel": "quotes/b"},
        {"sid": "goog", "quote": 3.45, "id": "y/goog", "channel": "quotes/b"},
        {"sid": "MSFT", "quote": 400.0, "id": "monday:r:3/1", "channel": "quotes/b"},
    ]
    assert skipped == []


def test_a_backtest_reads_the_channels_that_its_algorithm_asks_for_or_those_that_are_given(
    tmp_path: Path,
) -> None:
    text = '{"sid": "GOOG", "quote": %d, "id": "%d"}'
    topics = ("quotes", "bars/1h/GOOG", "quotes", "bars/1d/GOOG", "bars/1d/GOOG")
    messages = [(topic, text % (300 + n, n)) for n, topic in enumerate(topics)]
    folder = recorded(tmp_path / "all", *messages)
    result = backtest("sma_cross", folder)
    assert result.performance.quotes == 2
    left_out = "2 on bars/1d/GOOG, 1 on bars/1h/GOOG of all"
    assert f"not read, since these channels are not asked for: {left_out}" in result.data_notes
    result = backtest("sma_cross", folder, channels=["bars/1h/+", "quotes"])
    assert result.performance.quotes == 3
    best = sweep("sma_cross", folder, {"fast": [1, 2]}, channels=["bars/1d/#"]).best
    assert best["final_equity"] == 50_000


def test_a_recording_without_a_channel_that_the_algorithm_asks_for_is_refused_with_those_it_has(
    tmp_path: Path,
) -> None:
    folder = recorded(tmp_path / "all", ("prices/GOOG", '{"sid": "GOOG", "quote": 345}'))
    with pytest.raises(UnusableFileError) as refused:
        backtest("sma_cross", folder)
    assert str(refused.value) == (
        "all: no quote is on a channel that is asked for: there are 1 on"
        " prices/GOOG; expected --channel 'prices/GOOG', or an algorithm that asks for it"
    )
    with pytest.raises(AlgoServiceError, match="recorded on prices/GOOG"):
        sweep("sma_cross", folder, {"fast": [1, 2]})
    assert backtest("sma_cross", folder, channels=["prices/#"]).performance.quotes == 1


def test_of_lines_that_name_their_channel_a_backtest_reads_those_that_are_asked_for(
    tmp_path: Path,
) -> None:
    file = tmp_path / "lines.jsonl"
    channels = ("quotes", "prices/GOOG", None)
    lines = ({"sid": "GOOG", "quote": 345, "channel": each} for each in channels)
    texts = (json.dumps({k: v for k, v in line.items() if v}) for line in lines)
    file.write_text("\n".join(texts))
    result = backtest("sma_cross", file)
    assert result.performance.quotes == 2
    left_out = "1 on prices/GOOG of lines"
    assert f"not read, since these channels are not asked for: {left_out}" in result.data_notes


def test_what_is_no_quote_is_skipped_and_what_is_on_other_topics_is_told(tmp_path: Path) -> None:
    folder = recorded(
        tmp_path / "monday",
        ("quotes", "345"),
        ("orders/x", '{"sid": "GOOG", "price": 345, "id": "o"}'),
        ("quotes", '{"sid": "GOOG", "quote": 345}'),
        ("orders/y", "{}"),
        ("data/x/signal", '{"sid": "GOOG", "quote": 1}'),
    )
    messages, skipped, feed = read(folder)
    assert [message["quote"] for message in messages] == [345.0]
    assert [(row.row, row.code) for row in skipped] == [(1, "not_a_map")]
    assert feed.quality.report().notes == (
        "not read, since no quotes come there: 1 of the messages of monday, on data/…",
        "not read, since no quotes come there: 2 of the messages of monday, on orders/…",
    )


def test_quotes_come_in_the_order_of_their_arrival_whatever_their_times(tmp_path: Path) -> None:
    folder = recorded(
        tmp_path / "r",
        *(("quotes", f'{{"sid": "GOOG", "quote": {n}, "ts": "2024-01-0{n}"}}') for n in (2, 1, 3)),
        ("quotes", '{"sid": "GOOG", "quote": 4}'),
    )
    assert [message["quote"] for message in read(folder)[0]] == [2, 1, 3, 4]


def test_what_is_picked_or_merged_by_time_has_to_be_in_its_order_or_sorted(tmp_path: Path) -> None:
    texts = [f'{{"sid": "GOOG", "quote": {n}, "ts": "2024-01-0{n}"}}' for n in (2, 1, 3)]
    folder = recorded(tmp_path / "r", *(("quotes", text) for text in texts))
    with pytest.raises(UnsortedError, match="expected rows in the order of time, or --sort"):
        read(folder, start="2024-01-02")
    messages, _, _ = read(folder, start="2024-01-02", sort=True)
    assert [message["quote"] for message in messages] == [2, 3]


def test_the_fields_of_a_channel_are_those_of_its_topic(tmp_path: Path) -> None:
    trade = '{"s": "BTC", "p": 3}'
    folder = recorded(tmp_path / "r", ("trades/a", trade), ("quotes", '{"sid": "A", "quote": 1}'))
    messages, skipped, _ = read(folder, fields="trades/#:sid=s,quote=p")
    assert [message["sid"] for message in messages] == ["BTC", "A"]
    assert skipped == []


def test_a_folder_that_no_recorder_has_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableFileError) as refused:
        open_feed(tmp_path)
    assert str(refused.value) == (
        f"{tmp_path}: it is a folder; expected a file, or a folder that market-data record or"
        " market-data download writes"
    )

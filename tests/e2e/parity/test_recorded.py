"""A live run that is recorded gives its orders again, byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from market_data.feeds.recording.reading import rows
from tests.e2e.parity.backtests import backtest
from tests.support.brokers import Broker
from tests.support.parts import Parts
from tests.support.processes import Process, eventually
from tests.support.watcher import Watcher

QUOTES = 219  # of GOOG up to that day

# what feeds send besides: several quotes in one message, a quote of an earlier time, one again, and
# what is no quote
MESSAGES = [
    '{"goog": 810.5, "aapl": 60, "id": "s1"}',
    '[{"sid": "GOOG", "quote": "812", "id": "a1"}, {"symbol": "GOOG", "price": 799, "id": "a2"}]',
    '{"sid": "GOOG", "quote": 790, "ts": "2013-02-01", "id": "early"}',
    '{"sid": "GOOG", "quote": 790, "ts": "2013-02-01", "id": "early"}',
    '{"sid": "GOOG", "quote": -1, "id": "bad"}',
    "345",
    '{"sid": "GOOG", "quote": 845, "ts": "2013-03-04", "id": "last"}',
]


@pytest.fixture
def record(start: Callable[..., Process], mosquitto: Broker) -> Callable[[Path], Process]:
    """Starts recorders."""

    def make(folder: Path) -> Process:
        recorder = start("market-data", "record", "--out", folder, "--mqtt", mosquitto.url)
        recorder.wait_for("^recording ")
        return recorder

    return make


def test_a_live_run_that_is_recorded_gives_the_same_orders_in_a_backtest(
    mosquitto: Broker,
    parts: Parts,
    watch: Callable[..., Watcher],
    record: Callable[[Path], Process],
    start: Callable[..., Process],
    tmp_path: Path,
) -> None:
    """Byte for byte, also while the recorder still writes, and out of Parquet after its end."""
    rule = ("--algo", "random", "--param", "seed=7", "--param", "cash=20000")
    folder = tmp_path / "recording"
    recorder = record(folder)
    service = parts.service(*rule, "--journal", tmp_path / "live.db", "--log-level", "warning")
    parts.bridge(mosquitto, service, "--log-level", "warn")
    watcher = watch(mosquitto)
    replay = start(
        *("market-data", "replay", "goog", "--mqtt", mosquitto.url, "--max"),
        *("--to", "2005-06-30", "--run", "live"),
    )
    assert replay.wait() == 0
    for text in MESSAGES:
        watcher.publish(text)
    topic = "portfolios/random"
    watcher.wait_until(lambda: watcher.last(topic).get("quote_id") == "last", topic)

    def orders() -> list[str]:
        return backtest(*rule, "--data", folder)

    expected = orders()
    assert expected
    watcher.wait("orders/random", len(expected))
    assert watcher.raw("orders/random") == expected
    assert recorder.stop() == 0
    assert orders() == expected


def test_a_recording_that_is_replayed_and_recorded_gives_the_same_rows(
    mosquitto: Broker,
    record: Callable[[Path], Process],
    start: Callable[..., Process],
    tmp_path: Path,
) -> None:
    """Topic, bytes and columns; of its own are only the times of arrival."""
    first, second = tmp_path / "first", tmp_path / "second"
    published = [
        ("goog", "--topic", "quotes/a", "--to", "2005-01-31"),
        ("goog", "--topic", "quotes/b", "--from", "2005-02-01", "--to", "2005-06-30"),
    ]
    for replays, folder in ((published, first), ([(first,)], second)):
        recorder = record(folder)
        for words in replays:
            replay = start("market-data", "replay", *words, "--mqtt", mosquitto.url, "--max")
            assert replay.wait() == 0
        eventually(lambda: sum(1 for _ in rows(folder)) == QUOTES, "all quotes")  # noqa: B023
        assert recorder.stop() == 0
    one, other = (
        pd.read_parquet(folder).drop(columns=["arrived", "day"]) for folder in (first, second)
    )
    assert len(one) == QUOTES
    assert set(one["topic"]) == {"quotes/a", "quotes/b"}
    pd.testing.assert_frame_equal(one, other)

"""A recorder that is killed again and again holds each quote once, in order."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from market_data.feeds.recording.reading import rows
from tests.support.brokers import Broker
from tests.support.processes import Process, eventually

QUOTES = 3_000
KILLS = 4


def test_a_recorder_that_is_killed_again_and_again_holds_each_quote_once_in_order(
    mosquitto: Broker, start: Callable[..., Process], tmp_path: Path
) -> None:
    prices, folder = tmp_path / "prices.csv", tmp_path / "recording"
    lines = (f"{1_700_000_000 + n},{100 + n % 7}" for n in range(QUOTES))
    prices.write_text("\n".join(["ts,price", *lines]))
    # a part each few hundred messages, so that kills meet the conversions, too
    record = ("market-data", "record", "--out", folder, "--part", "0.02", "--mqtt", mosquitto.url)
    recorder = start(*record)
    recorder.wait_for("^recording quotes/# of ")
    replay = start(
        *("market-data", "replay", prices, "--topic", "quotes/goog", "--run", "r"),
        *("--mqtt", mosquitto.url, "--rate", "1500"),
    )

    def kept() -> int:
        return sum(1 for _ in rows(folder))

    before = 0
    for n in range(1, KILLS + 1):
        eventually(lambda: kept() >= min(before + 300, QUOTES), "progress")  # noqa: B023
        recorder.kill()
        before = kept()
        recorder = start(*record)
        if n % 2:  # and once it is there again
            recorder.wait_for("^recording ")
    assert replay.wait() == 0
    eventually(lambda: kept() == QUOTES, "all quotes")
    recorder.wait_for("^recording ")
    assert recorder.stop() == 0
    found = pd.read_parquet(folder)
    assert found["id"].tolist() == [f"prices:r:{n}" for n in range(1, QUOTES + 1)]
    assert found["seq"].tolist() == list(range(1, QUOTES + 1))
    assert len(list(folder.glob("day=*/*.parquet"))) > 1

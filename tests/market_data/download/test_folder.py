"""A folder of candles: whole at any moment, and continued where it ends."""

from __future__ import annotations

import random
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow.dataset as ds
import pytest

from market_data import UnusableFileError, open_feed
from market_data.download import folder as module
from market_data.download.candle import Candle
from market_data.download.errors import DownloadFolderError
from market_data.download.folder import Claim, Description, SymbolFolder
from market_data.errors import StateFileError

MINUTE = 60_000
START = 1_706_745_600_000 - 60 * MINUTE  # an hour before February 2024
HISTORY = Description("binance", "1m", "2024-01-31T23:00:00Z")


def candles(count: int, first: int = 0) -> list[Candle]:
    return [
        Candle(START + n * MINUTE, 1.0, n + 2.0, 0.5, n + 1.5, n / 8)
        for n in range(first, first + count)
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a download that runs."""
    Claim(tmp_path / "prices", HISTORY).release()
    return tmp_path / "prices"


def fill(folder: Path, sid: str = "BTCUSDT", count: int = 150) -> None:
    kept = SymbolFolder(folder, sid, MINUTE)
    kept.append(candles(count))
    kept.flush()


def test_other_tools_read_the_columns(folder: Path) -> None:
    """Of all symbols and months at once, without what is not a candle."""
    fill(folder)
    fill(folder, "BTC/USDT:USDT", 3)
    files = {str(path.relative_to(folder)).replace("\\", "/") for path in folder.rglob("*.parquet")}
    assert files == {
        "symbol=BTCUSDT/month=2024-01/20240131T230000Z.parquet",
        "symbol=BTCUSDT/month=2024-02/20240201T000000Z.parquet",
        "symbol=BTC%2FUSDT%3AUSDT/month=2024-01/20240131T230000Z.parquet",
    }
    with_pandas = pd.read_parquet(folder).sort_values(["sid", "open_time"])
    assert len(with_pandas) == 153
    last = with_pandas.iloc[-1]
    assert (last["sid"], last["open"], last["close"], last["volume"]) == (
        *("BTCUSDT", 1.0, 150.5),
        149 / 8,
    )
    assert str(last["open_time"]) == "2024-02-01 01:29:00+00:00"
    assert str(last["close_time"]) == "2024-02-01 01:29:59.999000+00:00"
    assert pl.read_parquet(folder / "*/*/*.parquet").height == 153
    assert ds.dataset(folder, partitioning="hive").count_rows() == 153


def test_a_folder_is_read_as_bars_of_each_symbol_in_the_order_of_time(folder: Path) -> None:
    """The time is the end of the candle, when its close is known; ids are of the symbol's rows."""
    fill(folder)
    fill(folder, "ETHUSDT", 100)
    feed = open_feed(folder)
    quotes = list(feed)
    assert [source.name for source in feed.sources] == ["prices.BTCUSDT", "prices.ETHUSDT"]
    assert [(each.sid, each.row) for each in quotes[:3]] == [
        ("BTCUSDT", 1),
        ("ETHUSDT", 1),
        ("BTCUSDT", 2),
    ]
    assert [each.row for each in quotes if each.sid == "BTCUSDT"] == list(range(1, 151))
    assert quotes[0].ts == "2024-01-31T23:00:59.999Z"
    assert quotes[0].quote == 1.5
    assert quotes[0].fields["high"] == 2
    assert len(list(open_feed(folder, bars="5m", symbols="BTCUSDT"))) == 30


def test_interrupted_at_any_candle_it_holds_each_once(tmp_path: Path) -> None:
    """However often it is flushed, and whatever is lost with the memory of a process."""
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(module, "MAX_ROWS", 40)
    chance = random.Random(3)
    for n in range(8):
        folder = tmp_path / str(n)
        Claim(folder, HISTORY).release()
        while True:
            kept = SymbolFolder(folder, "A", MINUTE)
            done = 0 if kept.until is None else (kept.until - START) // MINUTE
            assert list(kept.times()) == [each.at for each in candles(done)]
            if done == 150:
                break
            for _ in range(chance.randint(1, 4)):
                some = candles(min(chance.randint(1, 60), 150 - done), done)
                kept.append(some)
                done += len(some)
                if chance.random() < 0.6:
                    kept.flush()
        assert [each.quote for each in open_feed(folder)] == [c.close for c in candles(150)]
    monkeypatch.undo()


def test_a_folder_holds_one_history_and_has_one_writer(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(StateFileError, match=r'it is of the every "1m"; expected "1h"'):
        Claim(folder, HISTORY._replace(every="1h"))
    claim = Claim(folder, HISTORY)
    with pytest.raises(DownloadFolderError, match="another download writes it"):
        Claim(folder, HISTORY)
    claim.release()
    Claim(folder, HISTORY).release()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    with pytest.raises(DownloadFolderError, match="it holds other files"):
        Claim(tmp_path / "other", HISTORY)


def test_a_folder_without_candles_is_no_source(folder: Path) -> None:
    with pytest.raises(UnusableFileError, match="it is a folder without candles"):
        open_feed(folder)

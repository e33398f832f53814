"""Bars of an exchange become quotes: each once, in order, or a gap."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from market_data.bars.interval import parse_interval
from market_data.errors import FeedError
from tests.market_data.live.exchange_reader import BTC, Reader
from tests.support.exchanges.binance import BinanceServer
from tests.support.exchanges.binance_messages import SINCE
from tests.support.exchanges.klines import MINUTE
from tests.support.processes import eventually

ONE = {"bars": parse_interval("1m", "--bars"), "symbols": ["BTC/USDT"]}


def opens(*numbers: int) -> list[int]:
    return [SINCE + number * MINUTE for number in numbers]


def test_a_bar_is_published_when_it_is_closed(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read("kline_1m", **ONE)
    binance.minutes(BTC, 2)
    reader.await_trades(BTC, opens(0, 1))
    n = SINCE // MINUTE
    assert reader.quotes[0] == {
        "sid": BTC,
        "quote": 100 + n % 40,
        "ts": "2024-01-01T00:00:59.999Z",
        "id": f"binance-1m:BTCUSDT:{SINCE}",
        "channel": "quotes",
        "open": 100 + n % 30,
        "high": 141.5,
        "low": 0.5,
        "close": 100 + n % 40,
        "volume": n % 7 + 0.25,
    }


def test_bars_that_were_missed_are_fetched(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read("kline_1m", **ONE)
    binance.minutes(BTC, 2)
    reader.await_trades(BTC, opens(0, 1))
    binance.cut()
    binance.minutes(BTC, 1500, sent=False)
    reader.await_trades(BTC, opens(*range(1502)))
    reader.await_subscription("kline_1m")
    binance.minutes(BTC, 5, sent=False)
    binance.minutes(BTC, 2)
    reader.await_trades(BTC, opens(*range(1509)))
    # none of them while it was open
    assert 1 not in [quote["close"] for quote in reader.quotes]
    assert not reader.gaps


def test_bars_that_the_exchange_does_not_have_are_a_gap(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read("kline_1m", **ONE)
    binance.minutes(BTC, 2)
    reader.await_trades(BTC, opens(0, 1))
    binance.klines.missing.append((SINCE + 4 * MINUTE, SINCE + 7 * MINUTE))
    binance.minutes(BTC, 8, sent=False)
    binance.minutes(BTC, 1)
    eventually(lambda: reader.read_on() or reader.gaps, "a gap")
    reader.await_trades(BTC, opens(0, 1, 2, 3, 7, 8, 9, 10))
    (gap,) = reader.gaps
    assert (gap.missing, gap.after.ts) == (3, "2024-01-01T00:03:59.999Z")
    assert gap.before.id == f"binance-1m:BTCUSDT:{SINCE + 7 * MINUTE}"


def test_an_exchange_without_a_stream_of_bars_is_polled(binance: BinanceServer) -> None:
    has = {"watchOHLCV": False, "watchOHLCVForSymbols": False}
    reader = Reader(binance, every=0.02, config={"has": has}, **ONE)
    binance.minutes(BTC, 3)
    reader.source.connect(None)
    eventually(reader.read, "a beginning")
    binance.minutes(BTC, 3)
    reader.await_trades(BTC, opens(2, 3, 4, 5))
    reader.source.close()


def test_a_length_that_the_exchange_does_not_make_is_refused(binance: BinanceServer) -> None:
    reader = Reader(binance, bars=parse_interval("7d", "--bars"), symbols=["BTC/USDT"])
    reader.source.connect(None)
    reader.source.close()
    reader = Reader(binance, bars=parse_interval("2d", "--bars"), symbols=["BTC/USDT"])
    with pytest.raises(FeedError, match="binance has no bars of 2d; it has 1s, 1m, 3m"):
        reader.source.connect(None)
    reader.source.close()

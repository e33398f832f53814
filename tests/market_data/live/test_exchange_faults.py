"""Whatever an exchange does, no trade is lost: against a server with faults."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from market_data.live.source import SourceLostError
from tests.market_data.live.exchange_reader import BTC, ETH, Reader, numbers
from tests.support.exchanges.binance import BinanceServer
from tests.support.processes import eventually


@pytest.mark.parametrize(
    "end",
    [
        lambda binance: binance.close_streams(1000),
        lambda binance: binance.close_streams(1008, b"Too many requests"),
        lambda binance: binance.announce_shutdown(),
        lambda binance: binance.send_text('{"e":"aggTrade","E":17040672'),
    ],
    ids=["after 24 hours", "a rule was broken", "serverShutdown", "half a message"],
)
def test_whatever_ends_a_connection_no_trade_is_lost(
    binance: BinanceServer, read: Callable[..., Reader], end: Callable[[BinanceServer], None]
) -> None:
    reader = read()
    binance.trade(BTC, 2)
    reader.await_trades(BTC, numbers(2))
    binance.trade(ETH, 1, sent=False)
    end(binance)
    binance.trade(BTC, 3, sent=False)
    reader.await_trades(BTC, numbers(5))
    assert len(reader.losses) == 1
    # it has subscribed again
    reader.await_subscription()
    binance.trade(BTC, 2)
    reader.await_trades(BTC, numbers(7))


def test_requests_stop_for_as_long_as_the_exchange_asks(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    now = [0.0]
    reader = read(clock=lambda: now[0])
    binance.trade(BTC, 2)
    reader.await_trades(BTC, numbers(2))
    binance.refuse("/api/v3/aggTrades", 429, Retry_After="40")
    binance.trade(BTC, 2, sent=False)
    binance.trade(BTC, 1)
    eventually(lambda: reader.read() or advance(now, 0.3) or reader.told, "a refusal")
    assert "it asks for no more requests for 40 s" in reader.told[0]
    binance.accept("/api/v3/aggTrades")
    asked = len(binance.requests)
    until = now[0] + 39
    while now[0] < until:
        reader.read(0.001)
        advance(now, 1)
    assert len(binance.requests) == asked
    assert reader.numbers(BTC) == numbers(2)
    advance(now, 2)
    reader.await_trades(BTC, numbers(5))
    assert not reader.losses


def test_a_history_that_fails_for_one_instrument_costs_no_trade_of_another(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read()
    for symbol in (BTC, ETH):
        binance.trade(symbol)
        reader.await_trades(symbol, numbers(1))
    binance.refuse("/api/v3/aggTrades", 503)
    binance.trade(ETH, 2, sent=False)
    binance.trade(ETH)
    eventually(lambda: (binance.trade(BTC) and reader.read_on()) or reader.losses, "a loss")
    binance.accept("/api/v3/aggTrades")
    reader.await_trades(BTC, numbers(len(binance.trades[BTC])))
    reader.await_trades(ETH, numbers(4))


def test_a_ban_is_waited_for_before_the_next_connection(binance: BinanceServer) -> None:
    now = [0.0]
    reader = Reader(binance, clock=lambda: now[0])
    binance.refuse("/api/v3/exchangeInfo", 418, Retry_After="120")
    with pytest.raises(SourceLostError, match="it asks for no more requests for 120 s"):
        reader.source.connect(None)
    reader.source.close()
    binance.accept("/api/v3/exchangeInfo")
    asked = len(binance.requests)
    advance(now, 119)
    with pytest.raises(SourceLostError, match="it has asked for a pause of requests"):
        reader.source.connect(None)
    assert len(binance.requests) == asked
    advance(now, 2)
    reader.source.connect(None)
    reader.source.close()


@pytest.mark.parametrize("status", [406, 429, 503])
def test_a_stream_that_is_refused_is_tried_again(
    binance: BinanceServer, read: Callable[..., Reader], status: int
) -> None:
    reader = read()
    binance.trade(BTC, 2)
    reader.await_trades(BTC, numbers(2))
    binance.refuse("/stream/ws", status)
    binance.close_streams(1000)
    eventually(lambda: reader.read_on() or len(reader.losses) > 2, "refusals")
    assert str(status) in reader.losses[-1]
    binance.accept("/stream/ws")
    reader.await_subscription()
    binance.trade(BTC, 3)
    reader.await_trades(BTC, numbers(5))


def test_a_stream_that_says_nothing_more_is_noticed_and_replaced(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read(quiet=0.3)
    binance.trade(BTC, 2)
    reader.await_trades(BTC, numbers(2))
    binance.is_deaf = True
    binance.trade(BTC, 50)
    reader.await_trades(BTC, numbers(52))
    eventually(lambda: reader.read_on() or reader.losses, "a loss")
    assert reader.losses == ["it has stopped sending trades of BTC/USDT"]
    binance.is_deaf = False
    reader.await_subscription()
    binance.trade(BTC, 1)
    reader.await_trades(BTC, numbers(53))


def test_pings_are_answered_with_their_payload(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read()
    binance.ping(b"1704067200000")
    eventually(lambda: not reader.read() and binance.pongs, "a pong")
    assert set(binance.pongs) == {b"1704067200000"}


def test_a_reader_that_is_slow_gets_every_trade_later(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read()
    binance.trade(BTC, 1)
    reader.await_trades(BTC, numbers(1))
    # more than ccxt keeps, and more than the history gives at once
    binance.trade(BTC, 4000)
    reader.await_trades(BTC, numbers(4001))
    assert not reader.gaps


def test_a_wrong_clock_changes_nothing(
    binance: BinanceServer, read: Callable[..., Reader], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = read()
    binance.trade(BTC, 2)
    reader.await_trades(BTC, numbers(2))
    right = time.time
    for years in (-30, 30):
        monkeypatch.setattr(time, "time", lambda apart=years: right() + apart * 365 * 86_400)
        binance.cut()
        binance.trade(BTC, 10)
        before = len(reader.numbers(BTC))
        reader.await_trades(BTC, numbers(before + 10))
    assert reader.quotes[-1]["ts"] == "2024-01-01T00:00:00.210Z"


def advance(now: list[float], seconds: float) -> None:
    now[0] += seconds

"""Trades of an exchange become quotes: each once, in order, or a gap."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from market_data.live.exchange import source
from market_data.live.exchange.dialect import Dialect
from tests.market_data.live.exchange_reader import BTC, ETH, Reader, numbers
from tests.support.exchanges.binance import BinanceServer
from tests.support.exchanges.binance_messages import FIRST
from tests.support.processes import eventually


def test_trades_become_quotes_with_the_ids_of_the_exchange(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read()
    binance.trade(BTC)
    binance.trade(ETH, 2)
    reader.await_trades(BTC, numbers(1))
    reader.await_trades(ETH, numbers(2))
    assert [quote for quote in reader.quotes if quote["sid"] == ETH][1] == {
        "sid": "ETHUSDT",
        "quote": 101.5,
        "ts": "2024-01-01T00:00:00.010Z",
        "id": "binance:ETHUSDT:1001",
        "channel": "quotes",
        "size": 0.2,
    }


def test_a_trade_has_the_best_bid_and_ask_that_came_before_it(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read()
    reader.await_subscription("bookTicker")
    binance.book(BTC, "99.5", "100.5")
    # two connections of their own: what comes on one says nothing about the other
    eventually(lambda: not reader.read() and reader.has_book("BTC/USDT"), "the bid")
    binance.trade(BTC)
    binance.trade(ETH)
    reader.await_trades(BTC, numbers(1))
    reader.await_trades(ETH, numbers(1))
    both = {quote["sid"]: (quote.get("bid"), quote.get("ask")) for quote in reader.quotes}
    assert both == {BTC: (99.5, 100.5), ETH: (None, None)}


def test_trades_while_it_was_not_connected_are_fetched(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read()
    binance.trade(BTC, 2)
    reader.await_trades(BTC, numbers(2))
    binance.cut()
    binance.trade(BTC, 2500)
    reader.await_trades(BTC, numbers(2502))
    assert reader.losses == ["Connection closed by remote server, closing code 1006"]
    assert binance.connections == 4


def test_trades_that_come_twice_or_out_of_order_are_published_once_and_in_order(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read()
    made = binance.trade(BTC, 3)
    held = binance.trade(BTC, 3, sent=False)
    binance.send(held[2], held[0], made[1], held[1], held[0], held[2])
    reader.await_trades(BTC, numbers(6))
    assert not [path for path in binance.requests if "aggTrades" in path]


def test_trades_that_the_stream_leaves_out_are_fetched(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read()
    binance.trade(BTC, 2)
    binance.trade(BTC, 500, sent=False)
    binance.trade(BTC, 2)
    reader.await_trades(BTC, numbers(504))
    assert not reader.losses
    assert not reader.gaps


def test_trades_that_the_exchange_does_not_have_are_a_gap_with_its_bounds(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read()
    binance.trade(BTC, 2)
    reader.await_trades(BTC, numbers(2))
    binance.trade(BTC, 500, sent=False)
    binance.forgotten[BTC] = FIRST + 400
    binance.trade(BTC, 1)
    reader.await_trades(BTC, [*numbers(2), *numbers(503)[400:]])
    assert [gap._asdict() for gap in reader.gaps] == [
        {
            "sid": BTC,
            "after": {"id": "binance:BTCUSDT:1001", "ts": "2024-01-01T00:00:00.010Z"},
            "before": {"id": "binance:BTCUSDT:1400", "ts": "2024-01-01T00:00:04.000Z"},
            "missing": 398,
        }
    ]


@pytest.fixture
def without_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exchange is read as one whose ids say nothing."""
    options = {"fetchMarkets": {"types": ["spot"]}, "fetchCurrencies": False}
    monkeypatch.setattr(source, "dialect_of", lambda _: Dialect(options=options))


@pytest.mark.usefixtures("without_numbers")
def test_without_numbers_the_history_is_read_until_it_overlaps_with_the_stream(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read("trade")
    binance.trade(BTC, 3)
    # it begins behind the first one
    reader.await_trades(BTC, numbers(3)[1:])
    binance.cut()
    binance.trade(BTC, 1500, sent=False)
    reader.await_trades(BTC, numbers(1503)[1:])
    reader.await_subscription("trade")
    binance.trade(BTC, 300, sent=False)
    binance.trade(BTC, 2)
    reader.await_trades(BTC, numbers(1805)[1:])
    assert not reader.gaps


@pytest.mark.usefixtures("without_numbers")
def test_without_numbers_and_history_there_is_a_gap_of_unknown_size(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read("trade")
    binance.trade(BTC, 3)
    reader.await_trades(BTC, numbers(3)[1:])
    binance.trade(BTC, 100, sent=False)
    binance.forgotten[BTC] = FIRST + 50
    binance.cut()
    reader.await_trades(BTC, [*numbers(3)[1:], *numbers(103)[50:]])
    (gap,) = reader.gaps
    assert (gap.after["id"], gap.before["id"]) == ("binance:BTCUSDT:1002", "binance:BTCUSDT:1050")
    assert gap.missing is None


@pytest.mark.usefixtures("without_numbers")
def test_what_ccxt_has_dropped_is_read_from_the_history(
    binance: BinanceServer, read: Callable[..., Reader]
) -> None:
    reader = read("trade", config={"options": {"tradesLimit": 10}})
    binance.trade(BTC, 2)
    reader.await_trades(BTC, numbers(2)[1:])
    binance.trade(BTC, 400)
    reader.await_trades(BTC, numbers(402)[1:])
    assert not reader.gaps


@pytest.mark.parametrize("numbered", [True, False])
def test_an_exchange_without_a_stream_is_polled(
    binance: BinanceServer, request: pytest.FixtureRequest, numbered: bool
) -> None:
    if not numbered:
        request.getfixturevalue("without_numbers")
    has = {"watchTradesForSymbols": False, "watchTrades": False, "watchBidsAsks": False}
    reader = Reader(binance, every=0.02, config={"has": has})
    binance.trade(BTC, 5)
    reader.source.connect(None)
    eventually(lambda: reader.read(), "a beginning")
    # the newest trade is the beginning: what has a number begins with it, the others behind it
    first = numbers(5)[4] if numbered else FIRST + 5
    for _ in range(3):
        binance.trade(BTC, 1100)
        reader.await_trades(BTC, list(range(first, FIRST + len(binance.trades[BTC]))))
    assert binance.connections == 0
    reader.source.close()

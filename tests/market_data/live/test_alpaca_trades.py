"""What `market-data live --alpaca` publishes of trades, corrections and cancellations."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

pytest.importorskip("websockets", reason="the extra `live` is not installed")
pytest.importorskip("aiohttp", reason="the server of these tests needs it")

from tests.market_data.live.alpaca_reader import Reader
from tests.support.exchanges.alpaca import AlpacaServer, as_live

Start = Callable[..., Reader]


def test_a_trade_is_a_quote_with_the_latest_bid_and_ask(alpaca: AlpacaServer, begin: Start) -> None:
    reader = begin()
    before = {"t": "2024-01-10T15:00:00.123456789Z", "c": []}
    first = alpaca.trade("AAPL", **before)
    alpaca.quote("AAPL", 185.9, 186.1)
    second = alpaca.trade("AAPL", x="V")
    alpaca.quote("AAPL", 0, 186.2)
    third = alpaca.trade("AAPL")
    reader.await_trades(*first, *second, *third)
    assert reader.quotes == [
        {
            "sid": "AAPL",
            "quote": 101.5,
            "ts": "2024-01-10T15:00:00.123456789Z",
            "id": "alpaca:AAPL:1704898800123456789:D:1",
            "channel": "quotes",
            "size": 2,
            "exchange": "D",
        },
        {
            "sid": "AAPL",
            "quote": 102.5,
            "ts": "2024-01-10T15:00:00.02Z",
            "id": "alpaca:AAPL:1704898800020000000:V:2",
            "channel": "quotes",
            "bid": 185.9,
            "ask": 186.1,
            "size": 3,
            "exchange": "V",
            "conditions": ["@", "I"],
        },
        {
            **reader.quotes[2],
            "ask": 186.2,
        },
    ]
    assert "bid" not in reader.quotes[2]
    assert alpaca.commands == [
        {"action": "subscribe", "trades": ["AAPL", "MSFT"], "quotes": ["AAPL", "MSFT"]}
    ]


def test_numbers_of_trades_that_begin_again_are_other_trades(
    alpaca: AlpacaServer, begin: Start
) -> None:
    reader = begin()
    trades = alpaca.trade("AAPL", i=7) + alpaca.trade("AAPL", i=7, x="V")
    alpaca.now += 24 * 3600 * 10**9
    reader.await_trades(*trades, *alpaca.trade("AAPL", i=7))


def test_trades_that_come_twice_or_late_are_published_once_as_they_come(
    alpaca: AlpacaServer, begin: Start
) -> None:
    reader = begin()
    one, two, three = alpaca.trade("AAPL", 3, sent=False)
    alpaca.send(*(as_live("AAPL", trade) for trade in (two, one, two)))
    alpaca.send(as_live("AAPL", one), as_live("AAPL", three))
    reader.await_trades(two, one, three)


def test_corrections_and_cancellations_are_reported_and_not_traded(
    alpaca: AlpacaServer, begin: Start
) -> None:
    reader = begin()
    (trade,) = alpaca.trade("AAPL")
    times = {"t": "2024-01-10T15:00:01Z", "z": "C"}
    old = {"oi": 1, "op": 101.5, "os": 2, "oc": ["@"]}
    new = {"ci": 2, "cp": 101.25, "cs": 2, "cc": ["@"]}
    correction = {"T": "c", "S": "AAPL", "x": "D", **old, **new, **times}
    cancel = {"T": "x", "S": "AAPL", "i": 2, "x": "D", "p": 101.25, "s": 2, "a": "C", **times}
    alpaca.send(correction, cancel)
    corrected, cancelled = reader.await_reports("corrected", "cancelled")
    assert corrected.reason == (
        "the trade 1 of AAPL on D, 2 at 101.5, is corrected to 2 at 101.25, as number 2"
    )
    assert cancelled.reason == "the trade 2 of AAPL on D, 2 at 101.25, is cancelled"
    assert [json.loads(r.payload) for r in (corrected, cancelled)] == [correction, cancel]
    reader.await_trades(trade, *alpaca.trade("AAPL"))


def test_what_the_history_has_taken_back_is_reported_once_and_not_traded(
    alpaca: AlpacaServer, begin: Start
) -> None:
    reader = begin(symbols=("AAPL",))
    before = alpaca.trade("AAPL")
    reader.await_trades(*before)
    alpaca.cut()
    for update in ("canceled", "incorrect", "corrected"):
        alpaca.trade("AAPL", sent=False, u=update)
    missed = alpaca.trade("AAPL", sent=False)
    reader.read_until(lambda: len(alpaca.questions) >= 2, "two questions")
    reader.await_trades(*before, *missed, *alpaca.trade("AAPL"))
    reader.await_reports("cancelled", "corrected", "corrected")


def test_a_trade_that_is_no_quote_is_reported_and_stops_nothing(
    alpaca: AlpacaServer, begin: Start
) -> None:
    reader = begin()
    alpaca.trade("AAPL", p=0)
    alpaca.trade("AAPL", p="many")
    alpaca.trade("AAPL", t="soon")
    alpaca.trade("AAPL", i=None)
    reader.await_trades(*alpaca.trade("AAPL"))
    first, *_ = reader.await_reports(*["unreadable"] * 4)
    assert first.reason == "a trade of AAPL is not published: its price is 0"


def test_a_trade_before_the_subscription_is_confirmed_is_published(
    alpaca: AlpacaServer, begin: Start
) -> None:
    (early,) = alpaca.trade("AAPL", sent=False)
    alpaca.early = [as_live("AAPL", early)]
    begin().await_trades(early)


def test_bid_and_ask_of_before_a_loss_are_not_those_of_a_trade_behind_it(
    alpaca: AlpacaServer, begin: Start
) -> None:
    reader = begin(symbols=("AAPL",))
    alpaca.quote("AAPL", 185.9, 186.1)
    trades = alpaca.trade("AAPL")
    reader.await_trades(*trades)
    alpaca.cut()
    alpaca.is_late = True
    reader.read_until(lambda: alpaca.questions, "a question")
    trades += alpaca.trade("AAPL")
    alpaca.quote("AAPL", 186.0, 186.2)
    trades += alpaca.trade("AAPL")
    asked = len(alpaca.questions)
    reader.read_until(lambda: len(alpaca.questions) >= asked + 2, "questions for the live trades")
    alpaca.catch_up()
    reader.await_trades(*trades)
    assert [quote.get("bid") for quote in reader.quotes] == [185.9, None, 186.0]

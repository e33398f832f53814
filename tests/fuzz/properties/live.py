"""What live sources send."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from market_data.feeds.quote import Quote
from market_data.live.alpaca import messages as alpaca
from market_data.live.alpaca.history import HistoryAwayError, _read_page
from market_data.live.exchange.instrument import Instrument, Invalid, read_trade
from market_data.live.exchange.numbered import NumberedTrades
from market_data.live.exchange.order_book import best, levels
from market_data.live.exchange.recent import RecentTrades
from market_data.live.exchange.trade import Place
from market_data.live.publishing import live_message
from tests.fuzz import strategies as draw
from tests.fuzz.properties.messages import judge
from tests.fuzz.properties.property import Property, refused


def _published(quotes: list[Quote]) -> str:
    """Make sure that the bridge takes what is published: a live source asks for nothing again."""
    for each in quotes:
        outcome, value = judge.ask("quote", live_message(each).encode())
        assert outcome == "read", f"the bridge refuses {each}: {value}"
    return "published" if quotes else "nothing"


def _json(payload: bytes) -> Any:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None


def of_alpaca(payload: bytes) -> str:
    try:
        _read_page(payload)
    except HistoryAwayError as error:
        refused(error)
    element = _json(payload)
    if not isinstance(element, dict):
        return "nothing"
    book = alpaca.read_book(element)
    reports = [alpaca.read_correction(element), alpaca.read_cancel(element)]
    try:
        trade = alpaca.read_trade(element, "AAPL", book)
    except alpaca.InvalidTradeError as error:
        reports.append(alpaca.unreadable(element, "AAPL", str(error)))
        return "refused"
    finally:
        for report in reports:
            json.dumps(report.reason, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return _published([trade.quote] if trade.quote else [])


def of_exchange(payload: bytes) -> str:
    fields = _json(payload)
    if not isinstance(fields, dict):
        return "nothing"
    book = {**best(fields), **levels(fields, 3)}
    outcome = "refused"
    for is_numbered in (True, False):
        try:
            trade = read_trade(fields, book, is_numbered)
        except Invalid as error:
            refused(error)
            continue
        kind = NumberedTrades if is_numbered else RecentTrades
        trades = kind(None, lambda: 0.0)
        instrument = Instrument("binance", "BTCUSDT", "BTC/USDT", trades, lambda: 0.0)
        trades.add([trade])
        trades.begin()
        if is_numbered:
            # what follows the place before it
            assert trades.last == Place(str(int(trade.place.id) - 1), trade.place.at)
        outcome = _published(instrument.quotes())
    return outcome


_texts = draw.texts_of("V", "P", "2024-01-10T09:30:00.123456789Z", "x" * 300)
_numbers = st.one_of(
    st.sampled_from(["1", "0", "345.5", "1704844800000", "9" * 20, "9" * 400, "9" * 5000, "NaN"]),
    draw.json_texts(),
)
_trades = draw.maps_of(
    {
        **dict.fromkeys(["i", "p", "s", "bp", "ap"], _numbers),
        **dict.fromkeys(["t", "x", "u"], _texts),
        "c": draw.json_texts(),
        "trades": draw.json_texts(),
        "next_page_token": draw.json_texts(),
    }
)
_whole = st.sampled_from(
    [
        '{"T":"t","S":"AAPL","i":1,"x":"V","p":129.1,"s":3,"t":"2021-02-22T15:51:44.208Z","c":["@"]}',
        '{"i":"a","x":"V","p":1,"t":"2021-02-22T15:51:44.208Z","u":"canceled","bp":1,"ap":0}',
        '{"trades":[],"next_page_token":null}',
    ]
)
_candles = draw.maps_of(
    {
        **dict.fromkeys(["id", "timestamp", "price", "amount", "bid", "ask"], _numbers),
        **dict.fromkeys(["bids", "asks"], draw.json_texts()),
    }
)
_whole_trade = st.sampled_from(
    ['{"id":"7","timestamp":1704844800000,"price":345.5,"amount":2,"bid":1,"asks":[[1,2]]}']
)

PROPERTIES = {
    "alpaca": Property(draw.damaged(st.one_of(_whole, _trades).map(draw.as_bytes)), of_alpaca),
    "exchange": Property(
        draw.damaged(st.one_of(_whole_trade, _candles).map(draw.as_bytes)), of_exchange
    ),
}

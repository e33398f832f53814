"""What Binance's spot market sends: the messages of REST and of streams."""

from __future__ import annotations

from typing import Any, NamedTuple

Json = dict[str, Any]

FIRST = 1_000
"""The number of the first trade of each symbol."""

SINCE = 1_704_067_200_000
"""The time of the first trade, in ms: 2024-01-01. Each is 10 ms after the one before it."""

BASES = {"BTCUSDT": "BTC", "ETHUSDT": "ETH"}


class Trade(NamedTuple):
    """One trade; alone in its aggregate trade, which has the same number."""

    symbol: str
    number: int
    price: str
    size: str
    at: int


class Refusal(NamedTuple):
    """How a request is answered in place of what it asks for."""

    status: int
    headers: dict[str, str]


def exchange_info() -> Json:
    """The answer to `GET /api/v3/exchangeInfo`."""
    return {
        "timezone": "UTC",
        "serverTime": SINCE,
        "rateLimits": [],
        "exchangeFilters": [],
        "symbols": [
            {
                "symbol": symbol,
                "status": "TRADING",
                "baseAsset": base,
                "baseAssetPrecision": 8,
                "quoteAsset": "USDT",
                "quotePrecision": 8,
                "quoteAssetPrecision": 8,
                "orderTypes": ["LIMIT", "MARKET"],
                "isSpotTradingAllowed": True,
                "isMarginTradingAllowed": False,
                "permissions": [],
                "permissionSets": [["SPOT"]],
                "filters": [
                    {
                        "filterType": "PRICE_FILTER",
                        "minPrice": "0.01",
                        "maxPrice": "1000000",
                        "tickSize": "0.01",
                    },
                    {
                        "filterType": "LOT_SIZE",
                        "minQty": "0.00001",
                        "maxQty": "9000",
                        "stepSize": "0.00001",
                    },
                ],
            }
            for symbol, base in BASES.items()
        ],
    }


def as_aggregate(trade: Trade) -> Json:
    """An event of `<symbol>@aggTrade`."""
    return {
        "e": "aggTrade",
        "E": trade.at,
        "s": trade.symbol,
        **as_rest_aggregate(trade),
    }


def as_rest_aggregate(trade: Trade) -> Json:
    """An element of `GET /api/v3/aggTrades`."""
    return {
        "a": trade.number,
        "p": trade.price,
        "q": trade.size,
        "f": trade.number,
        "l": trade.number,
        "T": trade.at,
        "m": True,
        "M": True,
    }


def as_kline(symbol: str, row: list[int | str]) -> Json:
    """An event of `<symbol>@kline_1m`."""
    at, opened, high, low, close, volume, end = row[:7]
    prices = {"o": opened, "c": close, "h": high, "l": low, "v": volume}
    bar = {"t": at, "T": end, "s": symbol, "i": "1m", "x": False, **prices}
    return {"e": "kline", "E": at, "s": symbol, "k": bar}


def as_trade(trade: Trade) -> Json:
    """An event of `<symbol>@trade`."""
    return {
        "e": "trade",
        "E": trade.at,
        "s": trade.symbol,
        "t": trade.number,
        "p": trade.price,
        "q": trade.size,
        "T": trade.at,
        "m": True,
        "M": True,
    }


def as_rest_trade(trade: Trade) -> Json:
    """An element of `GET /api/v3/trades` and `historicalTrades`."""
    return {
        "id": trade.number,
        "price": trade.price,
        "qty": trade.size,
        "quoteQty": "1",
        "time": trade.at,
        "isBuyerMaker": True,
        "isBestMatch": True,
    }

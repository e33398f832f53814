"""The options of `market-data live --exchange`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from market_data.bars.interval import parse_interval
from market_data.errors import FeedError, MissingPackageError
from market_data.live.exchange.config import read_config
from market_data.live.exchange.settings import Settings
from market_data.live.options import EVERY, SYMBOL, source_option
from market_data.live.source import Source, SourceKind

_OPTIONS = [
    source_option(
        "--exchange",
        metavar="NAME",
        help="Publish trades of this exchange, by its name in ccxt, such as binance.",
    ),
    SYMBOL,
    source_option(
        "--depth",
        metavar="N",
        type=click.IntRange(1, 100),
        help="Add so many bids and asks of the order book to each trade.",
    ),
    source_option(
        "--bars",
        metavar="INTERVAL",
        help="Publish the exchange's own bars, such as 1m, in place of its trades.",
    ),
    EVERY,
    source_option(
        "--sandbox",
        is_flag=True,
        help="Connect to the exchange's own test market.",
    ),
    source_option(
        "--exchange-config",
        metavar="FILE",
        help="What ccxt is to know of the exchange, as JSON: urls, proxies, options.",
    ),
]


def _make(values: Mapping[str, Any], notify: Callable[[str], None]) -> Source:
    if not values["symbol"]:
        raise FeedError("--exchange needs --symbol, such as --symbol BTC/USDT")
    if values["bars"] and values["depth"]:
        raise FeedError("--bars excludes --depth: the order book is beside trades")
    settings = Settings(
        exchange=values["exchange"],
        symbols=list(dict.fromkeys(values["symbol"])),
        every=values["every"],
        depth=values["depth"] or 0,
        bars=parse_interval(values["bars"], "--bars") if values["bars"] else None,
        config=read_config(values["exchange_config"]),
        is_sandbox=values["sandbox"],
    )
    # ccxt takes a second to import, and the other sources do without
    try:
        from market_data.live.exchange.source import ExchangeSource
    except ModuleNotFoundError as error:
        raise MissingPackageError(settings.exchange, "ccxt", extra="live") from error
    return ExchangeSource(settings, notify)


KIND = SourceKind(_OPTIONS, _make)

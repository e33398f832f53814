"""The options of `market-data live --exchange`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import click

from market_data.errors import FeedError, MissingPackageError
from market_data.live.exchange.errors import ExchangeConfigError
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
    path = values["exchange_config"]
    settings = Settings(
        exchange=values["exchange"],
        symbols=list(dict.fromkeys(values["symbol"])),
        every=values["every"],
        depth=values["depth"] or 0,
        config=read_config(Path(path)) if path else {},
        is_sandbox=values["sandbox"],
    )
    # ccxt takes a second to import, and the other sources do without
    try:
        from market_data.live.exchange.source import ExchangeSource
    except ModuleNotFoundError as error:
        raise MissingPackageError(settings.exchange, "ccxt", "live") from error
    return ExchangeSource(settings, notify)


def read_config(path: Path) -> Mapping[str, Any]:
    """Return the object in a file of JSON; ExchangeConfigError if there is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ExchangeConfigError(str(path), f"it cannot be read: {error.strerror}") from error
    except ValueError as error:
        # its text may be a secret
        raise ExchangeConfigError(str(path), "it is no JSON") from error
    if not isinstance(found, dict) or not isinstance(found.get("options", {}), dict):
        raise ExchangeConfigError(str(path), f"it holds a {type(found).__name__}")
    return found


KIND = SourceKind(_OPTIONS, _make)

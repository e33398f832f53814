"""The options of `market-data live --alpaca`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import click

from market_data.errors import AddressError, FeedError, MissingPackageError
from market_data.live.alpaca.errors import CREDENTIALS
from market_data.live.credentials import read_credentials
from market_data.live.options import SYMBOL, source_option
from market_data.live.source import Source, SourceKind
from market_data.url import check_url

_OPTIONS = [
    source_option(
        "--alpaca",
        is_flag=True,
        help="Publish trades of US equities, by Alpaca's stream.",
    ),
    SYMBOL,
    source_option(
        "--feed",
        type=click.Choice(["iex", "sip", "delayed_sip", "test"]),
        default="iex",
        show_default=True,
        help="Which trades of Alpaca: those of one exchange, or of all, which costs.",
    ),
    source_option(
        "--credentials",
        metavar="FILE",
        help=f"Has the lines {CREDENTIALS[0]}=… and {CREDENTIALS[1]}=…; by default variables of"
        " these names are read.",
    ),
    source_option(
        "--stream-url",
        metavar="URL",
        default="wss://stream.data.alpaca.markets",
        show_default=True,
        help="Where Alpaca's stream is.",
    ),
    source_option(
        "--history-url",
        metavar="URL",
        default="https://data.alpaca.markets",
        show_default=True,
        help="Where Alpaca's history is.",
    ),
]


def _make(values: Mapping[str, Any], _notify: Callable[[str], None]) -> Source:
    symbols = list(dict.fromkeys(values["symbol"]))
    if not symbols:
        raise FeedError("--alpaca needs --symbol, such as --symbol AAPL")
    for symbol in symbols:
        if not symbol.strip() or "*" in symbol or len(symbol) > 64:
            raise FeedError(f"--symbol {symbol!r:.80} names no equity; expected one such as AAPL")
    for name, schemes in (("stream_url", ("wss", "ws")), ("history_url", ("https", "http"))):
        try:
            check_url(values[name], schemes, f"{schemes[0]}://HOST")
        except AddressError as error:
            raise FeedError(f"--{name.replace('_', '-')}: {error}") from None
    credentials = read_credentials(CREDENTIALS, values["credentials"])
    try:
        from market_data.live.alpaca.source import AlpacaSource, Settings
    except ModuleNotFoundError as error:
        raise MissingPackageError("Alpaca", "websockets", extra="live") from error
    settings = Settings(symbols, values["feed"], values["stream_url"], values["history_url"])
    return AlpacaSource(settings, credentials)


KIND = SourceKind(_OPTIONS, _make)

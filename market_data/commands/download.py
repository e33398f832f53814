"""`market-data download`."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path

import click

from market_data.bars.interval import parse_interval
from market_data.commands.telling import listen
from market_data.download.download import Download, Outcome
from market_data.download.exchange import History, open_exchange
from market_data.download.folder import Claim, Description
from market_data.download.gaps import as_text
from market_data.errors import MissingPackageError, ReadOptionError
from market_data.feeds.candle_folder import gaps_file
from market_data.live.exchange.config import read_config
from market_data.stopping import Interrupted, Stop
from portfolio.errors import InvalidTimeError
from portfolio.times import instant
from telemetry.log_option import log_option
from telemetry.options import HttpAddress, http_option
from telemetry.part import Part
from telemetry.readings import Readings
from telemetry.terminal import say

log = logging.getLogger(__name__)

MAX_SHOWN = 20
"""Gaps that are printed."""

_MS = 10**6  # nanoseconds


@click.command("download")
@click.option(
    "--exchange",
    metavar="NAME",
    required=True,
    envvar="MARKET_DATA_EXCHANGE",
    show_envvar=True,
    help="An exchange, as ccxt names it: binance, kraken, coinbase.",
)
@click.option(
    "--symbol",
    "symbols",
    metavar="SYMBOL",
    multiple=True,
    required=True,
    envvar="MARKET_DATA_SYMBOL",
    show_envvar=True,
    help="What to download, as ccxt names it: BTC/USDT; repeatable.",
)
@click.option(
    "--since",
    metavar="TIME",
    required=True,
    envvar="MARKET_DATA_SINCE",
    show_envvar=True,
    help="When the history begins, such as 2024-01-01.",
)
@click.option(
    "--every",
    metavar="INTERVAL",
    envvar="MARKET_DATA_EVERY",
    show_envvar=True,
    default="1m",
    show_default=True,
    help="How long a candle is: 1m, 1h, 1d, as far as the exchange has it.",
)
@click.option(
    "--out",
    metavar="FOLDER",
    required=True,
    envvar="MARKET_DATA_OUT",
    show_envvar=True,
    help="Where to keep the candles; continued if the same history is there already.",
)
@click.option(
    "--exchange-config",
    metavar="FILE",
    envvar="MARKET_DATA_EXCHANGE_CONFIG",
    show_envvar=True,
    help="What ccxt is to know of the exchange, as JSON: urls, proxies, options.",
)
@http_option("MARKET_DATA")
@log_option("download")
def download_command(
    exchange: str,
    symbols: tuple[str, ...],
    since: str,
    every: str,
    out: str,
    exchange_config: str | None,
    http: HttpAddress | None,
) -> None:
    """Download price history as Parquet files, up to now.

    The same command continues what was interrupted, and later adds what has come since. What the
    exchange does not have is reported, and kept in a file of gaps. The folder is read by
    `market-data replay` and `algo-service backtest`, and its files by DuckDB, Polars and pandas.
    """
    if find_spec("pyarrow") is None:
        raise MissingPackageError(out, "pyarrow", doing="downloading to")
    interval = parse_interval(every, "--every")
    start = _read_since(since)
    config = read_config(exchange_config)
    stop, folder = Stop(), Path(out)
    telling = _Telling(exchange)
    with stop.on_signals():
        try:
            listen(telling.part, http)
            found = open_exchange(exchange, config, symbols)
            history = History(found, interval, stop, telling.report)
            sids = {symbol: history.sid(symbol) for symbol in symbols}
            claim = Claim(folder, Description(exchange, interval.name, as_text(start)))
            try:
                outcome = _run(Download(folder, history, sids, start), telling)
            finally:
                claim.release()
        except Interrupted:
            log.info("stopped; the same command goes on from here")
            return
    _summarise(folder, sids.values(), outcome)


class _Telling:
    """What a download tells of itself over HTTP."""

    def __init__(self, exchange: str):
        self.fault = f"{exchange} has not answered yet"
        """Why no candle comes just now; empty while they come."""
        self.download: Download | None = None
        self.part = Part("download", exchange, lambda: [self.fault] if self.fault else [])
        Readings(self.part.registry).counter(
            "tickwire_download_rows_total",
            "Candles that were fetched",
            lambda: self.download.candles if self.download else 0,
        )

    def report(self, text: str) -> None:
        """Log why the exchange does not answer."""
        self.fault = text
        log.warning("%s", text)


def _run(download: Download, telling: _Telling) -> Outcome:
    telling.download = download
    with click.progressbar(length=download.total, label="downloading", show_pos=True) as bar:

        def progress(candles: int) -> None:
            telling.fault = ""
            bar.update(candles)

        progress(download.kept)
        return download.run(progress)


def _read_since(text: str) -> int:
    try:
        return -(-instant(text) // _MS)
    except InvalidTimeError as error:
        raise ReadOptionError("--since", text, str(error)) from None


def _summarise(folder: Path, sids: Iterable[str], outcome: Outcome) -> None:
    say(f"{outcome.candles:,} candles of {', '.join(sids)} are in {folder}")
    if not outcome.gaps:
        click.echo("no candle is missing")
        return
    missing = sum(gap.candles for gap in outcome.gaps)
    click.echo(
        f"{missing:,} candles are missing at the exchange, in {len(outcome.gaps):,} gaps, which are"
        f" in {gaps_file(folder)}:"
    )
    for gap in outcome.gaps[:MAX_SHOWN]:
        fields = gap.fields()
        say(f"  {gap.sid} from {fields['from']} to {fields['to']}: {gap.candles:,}")

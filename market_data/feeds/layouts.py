"""Layouts of tables that well-known tools write, one entry for each.

A layout is recognised by the names in its header, by the shape of its first row, or by both. To add
one, add its entry to LAYOUTS, and an example to tests/market_data/feeds/test_layouts.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

BarTime = Literal["open", "close", "unknown"]

# The shapes of cells.
_KINDS = {
    "E": r"\d{10}(\d{3}){0,3}",  # an instant since 1970, in any unit
    "N": r"-?\d+(\.\d+)?([eE][+-]?\d+)?",  # a number
    "B": r"True|False|true|false",
    "0": r"0",
    "D": r"\d{4}\.\d{2}\.\d{2}",  # a date with dots
    "T": r"\d{2}:\d{2}(:\d{2})?",  # a time of day
    "S": r"\d{8} \d{6}",  # a date and a time of day, as digits
    "I": r"\d{4}-\d{2}-\d{2}( \d{2}:\d{2}(:\d{2})?)?",  # a date, or date and time, in ISO 8601
}


class Layout(NamedTuple):
    """How one tool writes a table."""

    name: str
    """The name in messages."""
    header: str
    """Names that the header holds, in lower case; empty for a table without a header."""
    shape: str = ""
    """Kinds of the first cells of the first row; empty if the names are enough."""
    names: str = ""
    """Names of the columns, for a table without a header."""
    ts: str = "date"
    """The column of the time; `date+time` for two."""
    quote: str = "close"
    volume: str = "volume"
    size: str = "size"
    time: BarTime = "unknown"
    """Whether a time of day opens or closes its bar. A date without one names its day."""
    zone: str = "UTC"
    """Of times without an offset: an IANA name, or a fixed offset; empty if the file's times are of
    a zone that it does not name."""
    newest_first: bool = False


LAYOUTS = (
    Layout(
        "candles of market-data download", "sid open_time open high low close volume close_time",
        ts="close_time", time="close",
    ),
    Layout(
        "Binance klines", "open high low close close_time",
        ts="close_time", time="close",
    ),
    Layout(
        "Binance klines", "", "E N N N N N E N N N N N",
        "open_time open high low close volume close_time quote_volume count taker_buy_volume"
        " taker_buy_quote_volume ignore",
        ts="close_time", time="close",
    ),
    Layout(
        "Binance trades", "", "N N N N E B B",
        "id price qty quote_qty time is_buyer_maker is_best_match",
        ts="time", quote="price", size="qty",
    ),
    Layout(
        "Binance trades", "id price qty quote_qty time is_buyer_maker",
        ts="time", quote="price", size="qty",
    ),
    Layout(
        "Binance aggregate trades", "", "N N N N N E B B",
        "agg_trade_id price quantity first_trade_id last_trade_id transact_time is_buyer_maker"
        " is_best_match",
        ts="transact_time", quote="price", size="quantity",
    ),
    Layout(
        "Binance aggregate trades", "agg_trade_id price quantity transact_time",
        ts="transact_time", quote="price", size="quantity",
    ),
    Layout(
        "CryptoDataDownload", "unix date symbol open high low close",
        ts="unix", time="open", newest_first=True,
    ),
    Layout(
        "Alpha Vantage", "timestamp open high low close volume", "I",
        ts="timestamp", time="open", zone="America/New_York", newest_first=True,
    ),
    Layout("Yahoo Finance download", "date open high low close adj_close volume", "I"),
    Layout(
        "MetaStock text (also of Stooq and Finam)", "<ticker> <per> <date> <time> <close>",
        ts="<date>+<time>", quote="<close>", volume="<vol>", zone="",
    ),
    Layout(
        "MetaTrader 5", "<date> <time> <open> <high> <low> <close> <tickvol>",
        ts="<date>+<time>", quote="<close>", volume="<tickvol>", time="open", zone="",
    ),
    Layout(
        "MetaTrader 5", "<date> <open> <high> <low> <close> <tickvol>",
        ts="<date>", quote="<close>", volume="<tickvol>", time="open", zone="",
    ),
    Layout(
        "MetaTrader 4", "date time open high low close volume", "D T",
        ts="date+time", time="open", zone="",
    ),
    Layout(
        "MetaTrader 4", "", "D T N N N N N", "date time open high low close volume",
        ts="date+time", time="open", zone="",
    ),
    Layout(
        # it knows no volume, and writes 0; NinjaTrader writes the same otherwise
        "HistData", "", "S N N N N 0", "datetime open high low close volume",
        ts="datetime", time="open", zone="-05:00",
    ),
    Layout(
        "NinjaTrader", "", "S N N N N N", "datetime open high low close volume",
        ts="datetime", time="close", zone="",
    ),
)  # fmt: skip

YFINANCE = Layout("yfinance", "", time="open")
"""Its header has three rows, which only code can read: see find_wide in plan.py."""

ZONES = {
    "-05:00": "EST without daylight saving (-05:00)",
    "": "unknown, so UTC is taken (or --timezone)",
}
"""The names in messages of zones without a name of their own."""


def recognise(
    names: Sequence[str], first_row: Sequence[str], *, newest_first: bool
) -> Layout | None:
    """Return the layout of a table; None if none is known.

    :param names: of the header, as `plain` makes them; empty if there is none.
    :param first_row: the first row of quotes.
    :param newest_first: whether the first rows are of ever earlier times.
    """
    for layout in LAYOUTS:
        if bool(names) != bool(layout.header) or not _has_shape(layout, first_row):
            continue
        if not set(layout.header.split()) <= set(names):
            continue
        # others write the same header, with the oldest first
        if layout.newest_first and not newest_first and layout.name == "Alpha Vantage":
            continue
        return layout
    return None


def plain(name: str) -> str:
    """Return a column's name as layouts have it: in lower case, with `_` for spaces."""
    return re.sub(r"[\s_]+", "_", name.strip().lower())


def _has_shape(layout: Layout, row: Sequence[str]) -> bool:
    kinds = layout.shape.split()
    if len(row) < len(kinds) or (not layout.header and len(row) != len(layout.names.split())):
        return False
    return all(
        re.fullmatch(_KINDS[kind], cell.strip(), re.ASCII)
        for kind, cell in zip(kinds, row, strict=False)
    )

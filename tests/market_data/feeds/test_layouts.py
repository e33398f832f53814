"""Layouts of well-known tools: one example of each, recognised, named and read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from market_data import Feed, open_feed
from market_data.feeds.layouts import LAYOUTS, YFINANCE, Layout
from portfolio.times import iso_8601_full

OPENS_MINUTES = (
    "the times open bars of 1 minute: each quote gets the time of its bar's end, when its price is"
    " known"
)
TRADE_TIMES = ["2025-01-01T00:00:00.001Z", "2025-01-01T00:00:02Z"]
UNKNOWN_ZONE = "time zone: unknown, so UTC is taken (or --timezone)"


class Example(NamedTuple):
    """A text of the layout `at` that place of LAYOUTS, the instants and prices, and the notes."""

    at: int
    text: str
    times: Sequence[str]
    prices: Sequence[float]
    notes: Sequence[str]
    volume: float | None = 30
    size: float = 0
    """Of a trade, which has no open, high, low and volume."""
    symbol: str = "MINE"


def klines(*, header: bool, unit: int) -> str:
    """Bars of a minute as Binance writes them, with `unit` more digits than seconds have."""
    names = LAYOUTS[2].names.replace(" ", ",") + "\n"
    rows = ""
    for minute, price in enumerate(("1.5", "1.6", "1.7")):
        begin = (1735689600 + 60 * minute) * 10**unit
        end = begin + 60 * 10**unit - 1
        rows += f"{begin},1.0,2.0,0.5,{price},30.0,{end},45.0,7,15.0,22.5,0\n"
    return names * header + rows


# the number of a trade is no price
TRADES = ["3001,1.5,0.25,0.375,1735689600001", "3002,1.6,0.25,0.4,1735689602000"]
AGGREGATES = ["51,1.5,0.25,3001,3001,1735689600001", "52,1.6,0.25,3002,3005,1735689602000"]
KLINE_TIMES = [f"2025-01-01T00:0{minute}:59.999Z" for minute in range(3)]
BINANCE = ["layout: Binance klines"]

EXAMPLES = [
    Example(1, klines(header=True, unit=3), KLINE_TIMES, [1.5, 1.6, 1.7], BINANCE),
    Example(1, klines(header=True, unit=6), KLINE_TIMES, [1.5, 1.6, 1.7], BINANCE),
    Example(2, klines(header=False, unit=3), KLINE_TIMES, [1.5, 1.6, 1.7], BINANCE),
    Example(2, klines(header=False, unit=6), KLINE_TIMES, [1.5, 1.6, 1.7], BINANCE),
    # in seconds a bar ends at its last second
    Example(
        2,
        klines(header=False, unit=0),
        ["2025-01-01T00:00:59Z", "2025-01-01T00:01:59Z", "2025-01-01T00:02:59Z"],
        [1.5, 1.6, 1.7],
        BINANCE,
    ),
    *(
        Example(
            at,
            header + "".join(row + more + "\n" for row in rows),
            TRADE_TIMES,
            [1.5, 1.6],
            [f"layout: {LAYOUTS[at].name}"],
            size=0.25,
        )
        for at, header, rows, more in (
            (3, "", TRADES, ",True,True"),
            (3, "", [f"{row}000" for row in TRADES], ",False,True"),  # in microseconds
            (4, "id,price,qty,quote_qty,time,is_buyer_maker\n", TRADES, ",true"),
            (5, "", AGGREGATES, ",True,True"),
            (
                6,
                "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,"
                "is_buyer_maker\n",
                AGGREGATES,
                ",true",
            ),
        )
    ),
    Example(
        7,
        "https://www.example.com\n"
        "unix,date,symbol,open,high,low,close,Volume BTC,Volume USD\n"
        "1656633660,2022-07-01 00:01:00,BTC/USD,1,2,0.5,1.6,3,4\n"
        "1656633600000,2022-07-01 00:00:00,BTC/USD,1,2,0.5,1.5,3,4\n",
        ["2022-07-01T00:00:59.999Z", "2022-07-01T00:01:59.999Z"],
        [1.5, 1.6],
        [
            'a line before the header is skipped: "https://www.example.com"',
            "layout: CryptoDataDownload",
            OPENS_MINUTES,
        ],
        volume=None,
        symbol="BTC/USD",
    ),
    Example(
        8,
        "timestamp,open,high,low,close,volume\n"
        "2024-01-10 16:02:00,1,2,0.5,1.7,30\n"
        "2024-01-10 16:01:00,1,2,0.5,1.6,30\n"
        "2024-01-10 16:00:00,1,2,0.5,1.5,30\n",
        # 16:00 in New York
        ["2024-01-10T21:00:59.999Z", "2024-01-10T21:01:59.999Z", "2024-01-10T21:02:59.999Z"],
        [1.5, 1.6, 1.7],
        ["layout: Alpha Vantage", "time zone: America/New_York", OPENS_MINUTES],
    ),
    Example(
        8,
        "timestamp,open,high,low,close,volume\n"
        "2024-01-12,1,2,0.5,1.7,30\n"
        "2024-01-11,1,2,0.5,1.6,30\n"
        "2024-01-10,1,2,0.5,1.5,30\n",
        # a date names its day in any zone
        ["2024-01-10T00:00:00Z", "2024-01-11T00:00:00Z", "2024-01-12T00:00:00Z"],
        [1.5, 1.6, 1.7],
        ["layout: Alpha Vantage", "time zone: America/New_York"],
    ),
    Example(
        9,
        "Date,Open,High,Low,Close,Adj Close,Volume\n"
        "2024-01-10,1,2,0.5,1.5,1.4,30\n"
        "2024-01-11,1,2,0.5,1.6,1.5,30\n",
        ["2024-01-10T00:00:00Z", "2024-01-11T00:00:00Z"],
        # the close, and not the adjusted one
        [1.5, 1.6],
        ["layout: Yahoo Finance download"],
    ),
    Example(
        10,
        "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>\n"
        "ACME.US,5,20240110,100000,1,2,0.5,1.5,30\n"
        "ACME.US,5,20240110,100500,1,2,0.5,1.6,30\n",
        # whether these times open or close their bars the file does not tell
        ["2024-01-10T10:00:00Z", "2024-01-10T10:05:00Z"],
        [1.5, 1.6],
        ["layout: MetaStock text (also of Stooq and Finam)", UNKNOWN_ZONE],
        symbol="ACME.US",
    ),
    Example(
        11,
        "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n"
        "2024.01.10\t09:30:00\t1\t2\t0.5\t1.5\t30\t0\t12\n"
        "2024.01.10\t09:31:00\t1\t2\t0.5\t1.6\t30\t0\t12\n",
        ["2024-01-10T09:30:59.999Z", "2024-01-10T09:31:59.999Z"],
        [1.5, 1.6],
        ["layout: MetaTrader 5", UNKNOWN_ZONE, OPENS_MINUTES],
    ),
    Example(
        12,
        "<DATE>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n"
        "2024.01.10\t1\t2\t0.5\t1.5\t30\t0\t12\n"
        "2024.01.11\t1\t2\t0.5\t1.6\t30\t0\t12\n",
        ["2024-01-10T00:00:00Z", "2024-01-11T00:00:00Z"],
        [1.5, 1.6],
        ["layout: MetaTrader 5", UNKNOWN_ZONE],
    ),
    Example(
        13,
        "Date,Time,Open,High,Low,Close,Volume\n"
        "2024.01.10,09:30,1,2,0.5,1.5,30\n"
        "2024.01.10,09:31,1,2,0.5,1.6,30\n",
        ["2024-01-10T09:30:59.999Z", "2024-01-10T09:31:59.999Z"],
        [1.5, 1.6],
        ["layout: MetaTrader 4", UNKNOWN_ZONE, OPENS_MINUTES],
    ),
    Example(
        14,
        "2024.01.10,09:30,1,2,0.5,1.5,30\n2024.01.10,09:31,1,2,0.5,1.6,30\n",
        ["2024-01-10T09:30:59.999Z", "2024-01-10T09:31:59.999Z"],
        [1.5, 1.6],
        ["layout: MetaTrader 4", UNKNOWN_ZONE, OPENS_MINUTES],
    ),
    Example(
        15,
        "20240710 093000;1;2;0.5;1.5;0\n20240710 093100;1;2;0.5;1.6;0\n",
        # EST in July, too
        ["2024-07-10T14:30:59.999Z", "2024-07-10T14:31:59.999Z"],
        [1.5, 1.6],
        ["layout: HistData", "time zone: EST without daylight saving (-05:00)", OPENS_MINUTES],
        volume=0,
    ),
    Example(
        16,
        "20240710 143100;1;2;0.5;1.5;30\n20240710 143200;1;2;0.5;1.6;30\n",
        # a bar ends at its time
        ["2024-07-10T14:31:00Z", "2024-07-10T14:32:00Z"],
        [1.5, 1.6],
        ["layout: NinjaTrader", UNKNOWN_ZONE],
    ),
    # the header of three rows is read by code: it has no entry
    Example(
        -1,
        "Price,Close,High,Low,Open,Volume\nTicker,ACME,ACME,ACME,ACME,ACME\nDatetime,,,,,\n"
        "2024-01-10 14:30:00+00:00,1.5,2,0.5,1,30\n2024-01-10 14:31:00+00:00,1.6,2,0.5,1,30\n",
        ["2024-01-10T14:30:59.999Z", "2024-01-10T14:31:59.999Z"],
        [1.5, 1.6],
        [
            "layout: yfinance",
            "the header has 3 rows: of names, symbols, and of the index",
            OPENS_MINUTES,
        ],
        symbol="ACME",
    ),
    Example(
        0,
        "sid,open_time,open,high,low,close,volume,close_time\n"
        + "".join(
            f"MINE,2025-01-01T00:0{n}:00Z,1.0,2.0,0.5,1.{n + 5},30.0,2025-01-01T00:0{n}:59.999Z\n"
            for n in range(3)
        ),
        KLINE_TIMES,
        [1.5, 1.6, 1.7],
        ["layout: candles of market-data download"],
    ),
]


def names_of(example: Example) -> Layout:
    return YFINANCE if example.at < 0 else LAYOUTS[example.at]


def feed_of(folder: Path, text: str) -> Feed:
    path = folder / "mine.csv"
    path.write_text(text)
    return open_feed(path)


def named(feed: Feed) -> list[str]:
    return [note for note in feed.quality.report().notes if note.startswith("layout")]


def test_every_layout_has_an_example() -> None:
    assert {example.at for example in EXAMPLES} == {-1, *range(len(LAYOUTS))}


@pytest.mark.parametrize(
    "example", [pytest.param(each, id=f"{each.at}-{names_of(each).name}") for each in EXAMPLES]
)
def test_a_layout_is_recognised_named_and_read(tmp_path: Path, example: Example) -> None:
    feed = feed_of(tmp_path, example.text)
    pairs = [pair for batch in feed.batches() for pair in zip(*batch, strict=True)]
    assert [iso_8601_full(time) for time, _quote in pairs if time is not None] == example.times
    assert [quote.quote for _time, quote in pairs] == example.prices
    assert {quote.sid for _time, quote in pairs} == {example.symbol}
    fields = {"open": 1, "high": 2, "low": 0.5}
    if example.volume is not None:
        fields["volume"] = example.volume
    for _time, quote in pairs:
        if example.size:
            assert quote.fields == {"size": example.size}
        else:
            assert quote.fields == {**fields, "close": quote.quote}
    report = feed.quality.report()
    assert list(report.notes) == example.notes
    assert f"layout: {names_of(example).name}" in report.notes
    assert (report.skipped, report.repeated, report.conflicting) == (0, 0, 0)


@pytest.mark.parametrize(
    "text",
    [
        "date,close\n2024-01-10,1\n2024-01-11,2\n",
        "date,open,high,low,close,volume\n2024-01-10,1,2,0.5,1.5,30\n2024-01-11,1,2,0.5,1.5,30\n",
        # nearly Yahoo's, MetaTrader's, Binance's and HistData's
        "Date,Open,High,Low,Close,Adj Close,Volume\n20240110,1,2,0.5,1.5,1,30\n",
        "Date,Time,Open,High,Low,Close,Volume\n2024-01-10,09:30,1,2,0.5,1.5,30\n",
        "open_time,open,high,low,close,time\n1735689600000,1,2,0.5,1.5,1735689659999\n",
    ],
)
def test_what_is_of_no_known_layout_is_read_and_not_named(tmp_path: Path, text: str) -> None:
    feed = feed_of(tmp_path, text)
    assert list(feed)
    assert named(feed) == []


def test_the_header_of_alpha_vantage_is_theirs_only_newest_first(tmp_path: Path) -> None:
    header = "timestamp,open,high,low,close,volume\n"
    rows = [f"2024-01-10 16:0{minute}:00,1,2,0.5,1.{minute},30\n" for minute in range(1, 5)]
    forward = feed_of(tmp_path, header + "".join(rows))
    assert [quote.ts for quote in forward] == [f"2024-01-10 16:0{n}:00" for n in range(1, 5)]
    assert named(forward) == []
    back = feed_of(tmp_path, header + "".join(rows[::-1]))
    assert [quote.ts for quote in back] == [f"2024-01-10T16:0{n}:59.999-05:00" for n in range(1, 5)]
    assert named(back) == ["layout: Alpha Vantage"]


def test_the_quotes_of_a_layout_that_goes_back_come_sorted(
    tmp_path: Path,
) -> None:
    """Of a layout that goes back the quotes come sorted and are no longer by rows."""
    header = "timestamp,open,high,low,close,volume\n"
    rows = [f"2024-01-1{day},1,2,0.5,1,30\n" for day in range(3)]
    back = feed_of(tmp_path, header + "".join(rows[::-1]))
    assert ([quote.row for quote in back], back.is_in_rows) == ([3, 2, 1], False)
    forward = feed_of(tmp_path, header + "".join(rows))
    assert ([quote.row for quote in forward], forward.is_in_rows) == ([1, 2, 3], True)


def test_an_instant_of_a_layout_is_written_with_its_offset(tmp_path: Path) -> None:
    text = next(example.text for example in EXAMPLES if example.at == 15)
    assert [quote.ts for quote in feed_of(tmp_path, text)] == [
        "2024-07-10T09:30:59.999-05:00",
        "2024-07-10T09:31:59.999-05:00",
    ]


@pytest.mark.parametrize(("zone", "utc"), [("Europe/Athens", "07"), ("Asia/Tokyo", "00")])
def test_another_zone_than_that_of_a_layout_may_be_said(
    tmp_path: Path, zone: str, utc: str
) -> None:
    text = next(example.text for example in EXAMPLES if example.at == 11)
    (tmp_path / "mine.csv").write_text(text)
    feed = open_feed(tmp_path / "mine.csv", timezone=zone)
    [times, _quotes] = next(iter(feed.batches()))
    assert times[0] is not None
    assert iso_8601_full(times[0]) == f"2024-01-10T{utc}:30:59.999Z"
    assert not any("time zone" in note for note in feed.quality.report().notes)

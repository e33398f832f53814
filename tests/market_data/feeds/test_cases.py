"""Inputs of the shapes that users of this field have reported: what a feed makes of each.

The values in tests/cases are invented.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from market_data import Feed, Quote, Report, SkippedRow, UnsortedError, UnusableFileError, open_feed
from portfolio.times import DAY, instant, iso_8601_full
from tests.market_data.feeds.suggested import options_of, suggested
from tests.support.processes import ROOT

CASES = ROOT / "tests" / "cases"
MINUTE = 60 * 10**9

YFINANCE = (
    "layout: yfinance",
    "the header has 3 rows: of names, symbols, and of the index",
)
UNKNOWN_ZONE = "time zone: unknown, so UTC is taken (or --timezone)"


def opens(bars: str) -> str:
    return (
        f"the times open {bars}: each quote gets the time of its bar's end, when its price is known"
    )


class Read(NamedTuple):
    """What was read of a case."""

    times: list[int]
    quotes: list[Quote]
    skipped: list[SkippedRow]
    report: Report

    @property
    def prices(self) -> list[float]:
        return [quote.quote for quote in self.quotes]


def read(*names: str, **options: Any) -> Read:
    skipped: list[SkippedRow] = []
    feed = open_feed([CASES / name for name in names], on_skip=skipped.append, **options)
    times, quotes = everything(feed)
    assert [instant(quote.ts) for quote in quotes] == times
    return Read(times, quotes, skipped, feed.quality.report())


def everything(feed: Feed) -> tuple[list[int], list[Quote]]:
    pairs = [pair for batch in feed.batches() for pair in zip(*batch, strict=True)]
    return [time for time, _quote in pairs], [quote for _time, quote in pairs]  # type: ignore[misc]


class Case(NamedTuple):
    """What a file holds: quotes, first and last time and price, symbols, notes, and the way."""

    file: str
    count: int
    first: tuple[str, float]
    last: tuple[str, float]
    sids: str
    notes: Sequence[str] = ()
    options: str = ""


FILES = [
    Case(
        "01-yfinance-one.csv", 60, ("2024-01-02T00:00:00Z", 100.0),
        ("2024-03-25T00:00:00Z", 109.250119), "ACME", YFINANCE,
    ),
    Case(
        "01b-yfinance-two.csv", 120, ("2024-01-02T00:00:00Z", 100.0),
        ("2024-03-25T00:00:00Z", 17.981163), "ACME ZETA", YFINANCE,
    ),
    Case(
        "02-row-numbers.csv", 390, ("2024-03-04T14:30:00Z", 100.0),
        ("2024-03-04T20:59:00Z", 112.6071), "02-ROW-NUMBERS",
    ),
    Case(
        "03-epoch-millis.csv", 366, ("2021-07-01T00:00:00Z", 30000.0),
        ("2022-07-01T00:00:00Z", 39081.15), "03-EPOCH-MILLIS",
    ),
    Case(
        "03-epoch-seconds.csv", 366, ("2021-07-01T00:00:00Z", 30000.0),
        ("2022-07-01T00:00:00Z", 39081.15), "03-EPOCH-SECONDS",
    ),
    Case(
        "03b-mixed-units-newest-first.csv", 366, ("2021-07-01T23:59:59.999Z", 30000.0),
        ("2022-07-01T23:59:59.999Z", 39081.15), "COIN/USD",
        (
            'a line before the header is skipped: "https://www.example.com/data"',
            "layout: CryptoDataDownload",
            opens("bars of 1 day"),
        ),
    ),
    Case(
        "04-iso.csv", 500, ("2021-01-04T00:00:00Z", 100.0), ("2022-12-02T00:00:00Z", 118.29),
        "600999.SH",
    ),
    Case(
        "04-yyyymmdd.csv", 500, ("2021-01-04T00:00:00Z", 100.0), ("2022-12-02T00:00:00Z", 118.29),
        "600999.SH",
    ),
    Case(
        "04b-metastock.txt", 300, ("2024-01-03T10:00:00Z", 100.0),
        ("2024-01-04T10:55:00Z", 124.958), "ACME.US",
        ("layout: MetaStock text (also of Stooq and Finam)", UNKNOWN_ZONE),
    ),
    *(
        Case(
            f"{stem}.csv", 200, ("2025-01-01T00:00:59.999Z", 42000.0),
            ("2025-01-01T03:19:59.999Z", 44328.80189088), stem.upper(), ("layout: Binance klines",),
        )
        for stem in ("05-klines-no-header-us", "05b-klines-no-header-ms", "05c-klines-header-us")
    ),
    Case(
        "05d-live-us.jsonl", 50, ("2025-01-01T00:00:00Z", 42000.0),
        ("2025-01-01T00:49:00Z", 40817.58), "COINUSDT",
    ),
    *(
        Case(
            f"{stem}.csv", 400, ("2024-02-05T09:30:59.999Z", 1.1),
            ("2024-02-06T12:49:59.999Z", 1.37369), stem.upper(),
            (f"layout: {layout}", UNKNOWN_ZONE, opens("bars of 1 minute")),
        )
        for stem, layout in [
            ("06-mt4-dots", "MetaTrader 4"),
            ("06d-mt5-tabs", "MetaTrader 5"),
            ("06e-mt5-utf16", "MetaTrader 5"),
        ]
    ),
    Case(
        "06b-AAA.csv", 400, ("2024-02-05T09:30:00Z", 100.0), ("2024-02-06T12:49:00Z", 124.8812),
        "06B-AAA",
    ),
    Case(
        "06b-BBB.csv", 400, ("2024-02-05T09:30:00Z", 56.0846), ("2024-02-06T12:49:00Z", 65.2982),
        "06B-BBB",
    ),
    Case(
        "06c-histdata.csv", 400, ("2024-02-05T14:30:59.999Z", 1.1),
        ("2024-02-06T17:49:59.999Z", 1.373693), "06C-HISTDATA",
        (
            "layout: HistData",
            "time zone: EST without daylight saving (-05:00)",
            opens("bars of 1 minute"),
        ),
    ),
    Case(
        "07-thousands-quoted.csv", 120, ("2023-01-02T00:00:00Z", 985.0),
        ("2023-06-16T00:00:00Z", 1027.12), "07-THOUSANDS-QUOTED", options="--thousands ,",
    ),
    Case(
        "07b-thousands-bare.csv", 65, ("2023-01-02T00:00:00Z", 985.0),
        ("2023-06-06T00:00:00Z", 999.67), "07B-THOUSANDS-BARE",
    ),
    Case(
        "07c-european.csv", 120, ("2023-01-02T00:00:00Z", 985.0),
        ("2023-06-16T00:00:00Z", 1027.12), "07C-EUROPEAN",
        options="--columns ts=Datum,quote=Schlusskurs --decimal , --thousands ."
        " --time-format %d.%m.%Y",
    ),
    Case(
        "07d-month-names.csv", 120, ("2023-01-02T00:00:00Z", 985.0),
        ("2023-06-16T00:00:00Z", 1027.12), "07D-MONTH-NAMES",
        options="--time-format '%b %d, %Y' --thousands , --sort",
    ),
    Case(
        "08-newest-first-nulls-overlap.csv", 77, ("2022-05-02T00:00:00Z", 100.0),
        ("2022-08-19T00:00:00Z", 113.0143), "08-NEWEST-FIRST-NULLS-OVERLAP",
        ("layout: Alpha Vantage", "time zone: America/New_York"),
    ),
    Case(
        "09-dst-offsets.csv", 16, ("2024-11-03T03:00:00Z", 100.0), ("2024-11-03T10:30:00Z", 115.0),
        "09-DST-OFFSETS",
    ),
    Case(
        "09b-dst-no-offset.csv", 16, ("2024-11-03T03:00:00Z", 100.0),
        ("2024-11-03T10:30:00Z", 115.0), "09B-DST-NO-OFFSET", options="--timezone America/New_York",
    ),
    Case(
        "09c-AAA-iso.csv", 250, ("2023-01-02T21:00:00Z", 100.0), ("2023-12-15T21:00:00Z", 126.753),
        "09C-AAA-ISO",
    ),
    *(
        Case(
            f"{stem}.csv", 250, ("2023-01-02T21:00:00Z", 38.5062),
            ("2023-12-15T21:00:00Z", 49.9833), stem.upper(),
        )
        for stem in ("09d-BBB-iso", "09e-BBB-ms", "09f-BBB-tokyo")
    ),
    Case(
        "10-oil.csv", 7, ("2020-04-15T00:00:00Z", 19.87), ("2020-04-24T00:00:00Z", 16.9),
        "10-OIL",
    ),
    Case(
        "11-price-100.csv", 400, ("2022-01-03T00:00:00Z", 100.0),
        ("2023-07-14T00:00:00Z", 124.88120252), "COIN",
    ),
    Case(
        "11b-price-8e-6.csv", 400, ("2022-01-03T00:00:00Z", 8.12e-06),
        ("2023-07-14T00:00:00Z", 1.0140353645e-05), "COIN",
    ),
    Case(
        "11c-price-1.4e-10.csv", 400, ("2022-01-03T00:00:00Z", 1.4e-10),
        ("2023-07-14T00:00:00Z", 1.7483368353e-10), "COIN",
    ),
    Case(
        "11d-in-btc.csv", 400, ("2022-01-03T00:00:00Z", 0.051),
        ("2023-07-14T00:00:00Z", 0.06368941), "ALT/BTC",
    ),
]  # fmt: skip


def test_there_is_a_test_of_every_file() -> None:
    # the cases from 12 on are of backtests, of orders and of live messages
    files = {path.name for path in CASES.iterdir() if path.name[:2] < "12" and path.name[0] != "."}
    assert {case.file for case in FILES} == files


@pytest.mark.parametrize("case", [pytest.param(case, id=case.file) for case in FILES])
def test_a_file_gives_its_quotes_from_the_first_to_the_last(case: Case) -> None:
    found = read(case.file, **options_of(case.options))
    assert len(found.quotes) == found.report.quotes == case.count
    ends = [(iso_8601_full(found.times[at]), found.prices[at]) for at in (0, -1)]
    assert ends == [case.first, case.last]
    assert {quote.sid for quote in found.quotes} == set(case.sids.split())
    notes = [note for note in found.report.notes if "comes twice" not in note]
    assert notes == list(case.notes)
    assert found.times == sorted(found.times)


ODD: dict[str, dict[str, Any]] = {
    "07b-thousands-bare.csv": {"skips": [("cells", 55, 6)]},
    "08-newest-first-nulls-overlap.csv": {
        "skips": [("cells", 1, 91), ("missing", 3, 25)],
        "repeated": 10,
    },
    "10-oil.csv": {"skips": [("not_positive", 1, 4)]},
}


@pytest.mark.parametrize("case", [pytest.param(case, id=case.file) for case in FILES])
def test_what_is_skipped_or_repeated_is_counted_and_nothing_else_is(case: Case) -> None:
    found = read(case.file, **options_of(case.options))
    odd = ODD.get(case.file, {})
    skips = [(skip.problem, skip.rows, skip.first.row) for skip in found.report.skips]
    assert skips == odd.get("skips", [])
    assert found.report.repeated == odd.get("repeated", 0)
    assert (found.report.conflicting, found.report.duplicates, found.report.jumps) == (0, 0, 0)
    assert len(found.skipped) == found.report.skipped == sum(rows for _p, rows, _f in skips)


def test_each_row_that_is_skipped_is_named_with_its_reason() -> None:
    nulls = read("08-newest-first-nulls-overlap.csv")
    assert sorted((skip.row, skip.reason) for skip in nulls.skipped) == [
        (25, 'the price is "null"'),
        (60, 'the price is "null"'),
        (83, 'the price is "null"'),
        # Ctrl-Z, the end of a file in DOS
        (91, "1 cell and not 6: '\\x1a'"),
    ]
    # of the rows from 41 to 50, which repeat the ten before them, the earliest
    assert nulls.report.first_repeated is not None
    assert nulls.report.first_repeated.row == 50
    bare = read("07b-thousands-bare.csv")
    assert bare.report.skips[0].first.reason == (
        "11 cells and not 7: '2023-01-09,1,002.28,1,002.28,1,002.28,1,002.28,68.18K,0.40%'"
    )
    assert max(bare.prices) < 1000
    assert min(bare.prices) > 900
    oil = read("10-oil.csv")
    assert oil.report.lines() == [
        "skipped row 4 of 10-oil: the price '-37.40' is not above 0; profit and drawdown do not"
        " contain it"
    ]


def test_the_repeated_hour_is_reported() -> None:
    found = read("09b-dst-no-offset.csv", timezone="America/New_York")
    assert found.report.notes == (
        "4 times of 09b-dst-no-offset are of an hour that comes twice, from 2024-11-03 01:00:00 on:"
        " the order of the rows tells which each is",
    )
    half_an_hour = 30 * MINUTE
    assert found.times == [found.times[0] + n * half_an_hour for n in range(16)]
    assert [quote.ts for quote in found.quotes[4:8]] == [
        "2024-11-03T01:00:00-04:00",
        "2024-11-03T01:30:00-04:00",
        "2024-11-03T01:00:00-05:00",
        "2024-11-03T01:30:00-05:00",
    ]


@pytest.mark.parametrize(
    ("file", "found", "options"),
    [
        (
            "07-thousands-quoted.csv",
            'row 6: the price "1,002.28" has separators',
            "--thousands ,",
        ),
        (
            "07c-european.csv",
            "no price among the columns Datum, Erster, Hoch, Tief, Schlusskurs, Stuecke",
            "--columns ts=Datum,quote=Schlusskurs --decimal , --thousands . --time-format %d.%m.%Y",
        ),
        (
            "07d-month-names.csv",
            'row 1: the price "1,027.12" has separators',
            "--thousands , --time-format '%b %d, %Y' --sort",
        ),
    ],
)
def test_a_refusal_leads_to_the_options_that_read_the_file(
    file: str, found: str, options: str
) -> None:
    with pytest.raises(UnusableFileError) as caught:
        read(file)
    assert str(caught.value) == f"{CASES / file}: {found}; expected {options}"
    again = read(file, **suggested(caught.value))
    assert (len(again.quotes), again.skipped) == (120, [])
    assert [again.prices[0], again.prices[-1]] == [985.0, 1027.12]


def test_an_hour_that_comes_twice_is_refused_without_its_zone() -> None:
    with pytest.raises(UnsortedError, match=r"row 7 is of 2024-11-03 01:00:00, earlier than row 6"):
        read("09b-dst-no-offset.csv")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["03-epoch-seconds.csv"], ["03-epoch-millis.csv"]),
        (["04-yyyymmdd.csv"], ["04-iso.csv"]),
        (["05b-klines-no-header-ms.csv"], ["05-klines-no-header-us.csv"]),
        (["05c-klines-header-us.csv"], ["05-klines-no-header-us.csv"]),
        (["06d-mt5-tabs.csv"], ["06-mt4-dots.csv"]),
        (["06e-mt5-utf16.csv"], ["06d-mt5-tabs.csv"]),
        (["09c-AAA-iso.csv", "09e-BBB-ms.csv"], ["09c-AAA-iso.csv", "09d-BBB-iso.csv"]),
        (["09c-AAA-iso.csv", "09f-BBB-tokyo.csv"], ["09c-AAA-iso.csv", "09d-BBB-iso.csv"]),
    ],
    ids=lambda names: names[-1],
)
def test_the_spelling_of_a_file_changes_neither_an_instant_nor_a_price(
    one: list[str], other: list[str]
) -> None:
    found, expected = read(*one), read(*other)
    assert len(found.times) > 100
    assert found.times == expected.times
    assert found.prices == expected.prices
    assert [quote.row for quote in found.quotes] == [quote.row for quote in expected.quotes]


def test_so_do_options_that_say_what_another_file_says_itself() -> None:
    quoted = read("07-thousands-quoted.csv", thousands=",")
    european = read("07c-european.csv", **options_of(FILES_BY_NAME["07c-european.csv"].options))
    months = read("07d-month-names.csv", **options_of(FILES_BY_NAME["07d-month-names.csv"].options))
    assert quoted.times == european.times == months.times
    assert quoted.prices == european.prices == months.prices
    local = read("09b-dst-no-offset.csv", timezone="America/New_York")
    offsets = read("09-dst-offsets.csv")
    assert (local.times, local.prices) == (offsets.times, offsets.prices)


FILES_BY_NAME = {case.file: case for case in FILES}


def test_seconds_and_milliseconds_are_told_apart_row_by_row() -> None:
    mixed, plain = read("03b-mixed-units-newest-first.csv"), read("03-epoch-millis.csv")
    # the same days and prices, and each at its end
    assert mixed.times == [time + DAY - 10**6 for time in plain.times]
    assert mixed.prices == plain.prices
    assert [quote.row for quote in mixed.quotes] == list(range(366, 0, -1))


def test_prices_of_any_magnitude_are_the_same_but_for_their_factor() -> None:
    plain = read("11-price-100.csv")
    for file, factor in [("11b-price-8e-6.csv", 8.12e-8), ("11c-price-1.4e-10.csv", 1.4e-12)]:
        other = read(file)
        assert other.times == plain.times
        assert other.prices == pytest.approx([price * factor for price in plain.prices], rel=1e-9)


def test_two_symbols_of_one_file_are_both_read_row_by_row() -> None:
    quotes = read("01b-yfinance-two.csv").quotes
    assert [(q.sid, q.quote, q.ts, q.row, q.fields) for q in quotes[:3]] == [
        ("ACME", 100.0, "2024-01-02", 1, {"close": 100, "volume": 1000}),
        ("ZETA", 17.171965, "2024-01-02", 1, {"close": 17.171965, "volume": 2000}),
        ("ACME", 103.496658, "2024-01-03", 2, {"close": 103.496658, "volume": 1001}),
    ]
    assert [quote.sid for quote in quotes] == ["ACME", "ZETA"] * 60


def test_one_symbol_of_a_header_of_three_rows_has_all_its_numbers() -> None:
    first = read("01-yfinance-one.csv").quotes[0]
    assert first.fields == {
        "open": 99.5,
        "high": 101,
        "low": 99,
        "close": 100,
        "volume": 1000000,
    }


def test_two_files_of_minutes_are_merged_minute_by_minute() -> None:
    found = read("06b-AAA.csv", "06b-BBB.csv")
    assert [quote.source for quote in found.quotes] == ["06b-AAA", "06b-BBB"] * 400
    assert found.times[::2] == found.times[1::2] == read("06b-AAA.csv").times
    # two days, and not two midnights
    assert len(set(found.times)) == 400
    assert found.times[2] - found.times[0] == MINUTE


def test_a_recording_in_microseconds_is_read_as_it_is() -> None:
    quotes = read("05d-live-us.jsonl").quotes
    assert [(q.sid, q.quote, q.ts, q.row) for q in quotes[:2]] == [
        ("COINUSDT", 42000.0, 1735689600000000, 1),
        ("COINUSDT", 43468.6, 1735689660000000, 2),
    ]
    assert all(quote.recorded and quote.recorded.id == f"k{quote.row - 1}" for quote in quotes)


def test_a_case_is_read_the_same_from_a_copy_in_any_folder(tmp_path: Path) -> None:
    copy = tmp_path / "06c-histdata.csv"
    copy.write_bytes((CASES / copy.name).read_bytes())
    assert everything(open_feed(copy))[0] == read(copy.name).times

"""A table that cannot be read as it is leads to the options that read it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_data import FeedError, open_feed
from market_data.feeds.suggestion import suggest, time_formats
from tests.market_data.feeds.suggested import options_of, suggested

FORMATS = [
    *("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%d.%m.%y", "%b %d, %Y", "%B %d, %Y"),
    *("%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%Y-%b-%d", "%a, %d %b %Y"),
]
CLOCKS = ["", " %H:%M", " %H:%M:%S", " %I:%M %p"]


def refusal(path: Path) -> FeedError:
    with pytest.raises(FeedError) as caught:
        list(open_feed(path))
    return caught.value


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("Datum;Eröffnung;Hoch;Tief;Schlusskurs;Volumen", "Schlusskurs"),
        ("Datum;Erster;Hoch;Tief;Letzter;Volumen", "Letzter"),
        ("Fecha;Apertura;Máximo;Mínimo;Cierre;Volumen", "Cierre"),
        ("Date;Ouverture;Haut;Bas;Clôture;Volume", "Clôture"),
        ("Data;Apertura;Massimo;Minimo;Chiusura;Volume", "Chiusura"),
        ("Datum;Open;Hoog;Laag;Slot;Volume", "Slot"),
        ("日期;开盘;最高;最低;收盘;成交量", "收盘"),
        ("日付;始値;高値;安値;終値;出来高", "終値"),
        ("Tag;A;B;C;Letzter Kurs;E", "Letzter Kurs"),
        ("Tag;A;B;C;Today's price;E", "Today's price"),
    ],
)
def test_a_price_by_a_name_of_another_language_leads_to_the_columns(
    tmp_path: Path, header: str, column: str
) -> None:
    path = tmp_path / "mine.csv"
    rows = ["13.02.2024;1,1;2,2;0,5;1,5;3000", "14.02.2024;1,2;2,3;0,6;1,6;4000"]
    path.write_text("\n".join([header, *rows, ""]))
    error = refusal(path)
    options = suggested(error)
    assert options.get("columns") == {"ts": header.split(";")[0], "quote": column}
    assert [quote.quote for quote in open_feed(path, **options)] == [1.5, 1.6]


@pytest.mark.parametrize("day", FORMATS)
@pytest.mark.parametrize("clock", CLOCKS)
def test_times_of_a_known_format_lead_to_it(tmp_path: Path, day: str, clock: str) -> None:
    path = tmp_path / "mine.csv"
    # days above 12, so that they are no months
    moments = [datetime(2024, 5, 13, 9, 30) + n * timedelta(days=1) for n in range(3)]
    rows = "".join(
        f'"{moment.strftime(day + clock)}",{n + 1}\n' for n, moment in enumerate(moments)
    )
    path.write_text(f"date,close\n{rows}")
    line = str(refusal(path)).rpartition("; expected ")[2]
    # May has one name; of several formats each reads the file
    read = [options_of(part) for part in alternatives(line)]
    assert day + clock in [options.get("time_format") for options in read]
    for options in read:
        assert [quote.quote for quote in open_feed(path, **options)] == [1, 2, 3]


def alternatives(line: str) -> list[str]:
    first, *others = line.split(" or ")
    option = first.split(" ", 1)[0]
    return [first, *(f"{option} {other}" for other in others)]


@given(
    st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2060, 1, 1)),
    st.sampled_from(FORMATS),
    st.sampled_from(CLOCKS),
)
def test_the_formats_of_a_text_read_it(moment: datetime, day: str, clock: str) -> None:
    text = moment.strftime(day + clock)
    found = time_formats([text])
    assert day + clock in found
    for time_format in found:
        assert datetime.strptime(text, time_format)


@pytest.mark.parametrize(
    ("text", "column"),
    [
        # trades: their numbers rise by every row
        ("{n}71,1.5,0.25,17356896{n}", "2"),
        # Coinbase: time, low, high, open, close, volume
        ("17356896{n},0.5,2.5,1.1,1.5,300", "5"),
        # Bitfinex: time, open, close, high, low, volume
        ("17356896{n},1.1,1.5,2.5,0.5,300", "3"),
        ("17356896{n},1.1,2.5,0.5,1.5,300", "5"),
        # a date, and the time of day as digits
        ("20240305,14{n},1.1,2.5,0.5,1.5,300", "6"),
    ],
)
def test_without_names_the_price_is_known_by_its_values(
    tmp_path: Path, text: str, column: str
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("".join(text.format(n=n) + "\n" for n in (30, 31, 32)))
    options = options_of(str(refusal(path)).rpartition("; expected ")[2].partition(" (")[0])
    assert options.get("columns", {})["quote"] == column
    quotes = list(open_feed(path, **options))
    assert [quote.quote for quote in quotes] == [1.5, 1.5, 1.5]
    assert len({quote.ts for quote in quotes}) == 3


@pytest.mark.parametrize(
    ("header", "row", "column"),
    [
        ("agg_id,cost,last_trade_id,transact_time", "1{n},1.5,2{n},17356896{n}", "cost"),
        (",v,vw,o,c,h,l,t,n", "7{n},3000,1.4,1.1,1.5,2.5,0.5,17356896{n},9", "c"),
        ("Dzien,Otwarcie,Najwyzszy,Najnizszy,Zamkniecie", "2024-03-{n},1.1,2.5,0.5,1.5", "Zam"),
        ("Date,PX_LAST,PX_HIGH", "2024-03-{n},1.5,#N/A N/A", "PX_LAST"),
        ("<DATE>,<TIME>,<BID>,<ASK>,<LAST>", "2024.03.05,14:{n}:01,1.5,1.6,", "<BID>"),
        ("<PER>,<DTYYYYMMDD>,<TIME>,<CLOSE>", "D,202403{n},000000,1.5", "<CLOSE>"),
        ("Date,Change,Value", "2024-03-{n},-0.{n},1.5", "Value"),
    ],
)
def test_a_number_that_is_no_price_is_not_suggested(
    tmp_path: Path, header: str, row: str, column: str
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("\n".join([header, *(row.format(n=n) for n in (29, 30, 31)), ""]))
    options = options_of(str(refusal(path)).rpartition("; expected ")[2].partition(" (")[0])
    assert options.get("columns", {})["quote"].startswith(column)
    assert [quote.quote for quote in open_feed(path, **options)] == [1.5, 1.5, 1.5]


@pytest.mark.parametrize(
    ("times", "read"),
    [
        # Interactive Brokers, in the zone of the exchange, and reports of its trades
        (
            ["20240305 14:30:00 US/Eastern", "20240711 14:30:00 US/Eastern"],
            "2024-03-05T14:30:00-05:00",
        ),
        (["20240305;143000", "20240306;143000"], "2024-03-05T14:30:00Z"),
        (["2024-03-05 14:30 EST", "2024-03-06 14:30 EST"], "2024-03-05T14:30:00-05:00"),
        (["15032024", "16032024"], "2024-03-15T00:00:00Z"),
    ],
)
def test_times_that_are_no_iso_8601_lead_to_their_format(
    tmp_path: Path, times: list[str], read: str
) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("date,close\n" + "".join(f"{time},1.5\n" for time in times))
    quotes = list(open_feed(path, **suggested(refusal(path))))
    assert [quote.quote for quote in quotes] == [1.5, 1.5]
    assert quotes[0].ts == read


def test_where_several_columns_may_be_the_price_all_are_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("Tag;A;B;C;D\n2024-02-13;1.1;2.2;2.3;1.5\n2024-02-14;1.2;2.3;0.6;1.6\n")
    line = str(refusal(path)).rpartition("; expected ")[2]
    assert line == "--columns ts=Tag,quote=A (or the price in B, C, D)"
    options = options_of(line.partition(" (")[0])
    assert [quote.quote for quote in open_feed(path, **options)] == [1.1, 1.2]


def test_a_table_that_can_be_read_needs_no_option() -> None:
    assert suggest([["2024-02-13", "1.5"], ["2024-02-14", "1.6"]], (0,), 1) == ""
    assert suggest([], (0,), 1) == ""


def test_no_column_of_returns_or_of_numbers_of_instruments_is_a_price(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("PERMNO,date,PRC,RET\n14593,20240102,-185.6,0.1\n14593,20240103,184.2,0.2\n")
    assert "expected one of quote, price, last, close, or a name" in str(refusal(path))


def test_what_nothing_is_known_of_leads_to_the_names_that_are_recognised(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("a,b\nx,y\n")
    assert str(refusal(path)) == (
        f"{path}: no price among the columns a, b; expected one of quote, price, last, close, or a"
        " name for quote in --columns"
    )

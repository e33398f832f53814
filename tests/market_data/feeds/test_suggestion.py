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


def test_where_several_columns_may_be_the_price_all_are_named(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("Tag;A;B;C;D\n2024-02-13;1.1;2.2;0.5;1.5\n2024-02-14;1.2;2.3;0.6;1.6\n")
    line = str(refusal(path)).rpartition("; expected ")[2]
    assert line == "--columns ts=Tag,quote=A (or the price in B, C, D)"
    options = options_of(line.partition(" (")[0])
    assert [quote.quote for quote in open_feed(path, **options)] == [1.1, 1.2]


def test_a_table_that_can_be_read_needs_no_option() -> None:
    assert suggest([["2024-02-13", "1.5"], ["2024-02-14", "1.6"]], (0,), 1) == ""
    assert suggest([], (0,), 1) == ""


def test_what_nothing_is_known_of_leads_to_the_names_that_are_recognised(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("a,b\nx,y\n")
    assert str(refusal(path)) == (
        f"{path}: no price among the columns a, b; expected one of quote, price, last, close, or a"
        " name for quote in --columns"
    )

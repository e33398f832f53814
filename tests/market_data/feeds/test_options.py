"""What a caller may say about files that do not say it themselves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from market_data import (
    ColumnsError,
    Feed,
    FeedError,
    Quote,
    ReadOptionError,
    SkippedRowError,
    UnknownColumnError,
    UnusableFileError,
    open_feed,
)
from portfolio.times import instant
from tests.market_data.feeds.suggested import options_of, suggested

Write = Callable[..., Feed]


@pytest.fixture
def feed_of(tmp_path: Path) -> Write:
    """Makes a feed of a text, with options."""

    def make(text: str, name: str = "mine.csv", /, **options: Any) -> Feed:
        path = tmp_path / name
        path.write_text(text)
        return open_feed(path, **options)

    return make


def prices(feed: Feed) -> list[tuple[Any, float]]:
    return [(quote.ts, quote.quote) for quote in feed]


def skips(feed: Feed) -> list[tuple[str, int, int]]:
    return [(skip.problem, skip.rows, skip.first.row) for skip in feed.quality.report().skips]


def refusal(feed: Feed) -> FeedError:
    with pytest.raises(FeedError) as caught:
        list(feed)
    return caught.value


# Numbers


@pytest.mark.parametrize(
    ("cells", "options"),
    [
        ('2020-01-02,"1,234.5","2,000"', {"thousands": ","}),
        ('2020-01-02,"1.234,5","2.000"', {"thousands": ".", "decimal": ","}),
        ('2020-01-02,"1234,5",2000', {"decimal": ","}),
        ("2020-01-02,1 234.5,2 000", {"thousands": " "}),
        ("2020-01-02,1'234.5,2'000", {"thousands": "'"}),
        ("2020-01-02,1\u2019234.5,2\u2019000", {"thousands": "\u2019"}),
        ("2020-01-02,1\u00a0234.5,2\u00a0000", {"thousands": "\u00a0"}),
        ("2020-01-02,1\u202f234.5,2\u202f000", {"thousands": "\u202f"}),
        ("2020-01-02,1_234.5,2_000", {"thousands": "_"}),
    ],
)
def test_numbers_have_the_separators_that_are_said_in_every_column(
    feed_of: Write, cells: str, options: dict[str, Any]
) -> None:
    [quote] = feed_of(f"date,close,volume\n{cells}\n", **options)
    assert (quote.quote, quote.fields) == (1234.5, {"close": 1234.5, "volume": 2000})


def test_indian_groups_are_read(feed_of: Write) -> None:
    text = 'date,close\n2020-01-02,"1,23,456.5"\n2020-01-03,"1,23,45,678.5"\n'
    assert [price for _ts, price in prices(feed_of(text, thousands=","))] == [123456.5, 12345678.5]


def test_a_price_of_other_groups_is_skipped_and_the_others_are_read(feed_of: Write) -> None:
    text = 'date,close\n2020-01-02,"1,234.5"\n2020-01-03,"12,34.5"\n2020-01-06,999\n'
    feed = feed_of(text, thousands=",")
    assert prices(feed) == [("2020-01-02", 1234.5), ("2020-01-06", 999.0)]
    assert skips(feed) == [("not_a_price", 1, 2)]


@pytest.mark.parametrize(
    ("body", "expected", "price"),
    [
        ('2020-01-02,"1,234.50"', "--thousands ,", 1234.5),
        ("2020-01-02;1.234,50", "--decimal , --thousands .", 1234.5),
        ("2020-01-02;1234,50", "--decimal ,", 1234.5),
        ("2020-01-02;1'234.50", '--thousands "\'"', 1234.5),
        ("2020-01-02;1 234.50", "--thousands ' '", 1234.5),
        ("2020-01-02;1\u00a0234,50", "--decimal , --thousands ' '", 1234.5),
    ],
)
def test_a_price_with_separators_leads_to_the_options_that_read_it(
    feed_of: Write, body: str, expected: str, price: float
) -> None:
    text = f"date{';' if ';' in body else ','}close\n{body}\n"
    error = refusal(feed_of(text))
    assert str(error).endswith(f"has separators; expected {expected}")
    assert [quote.quote for quote in feed_of(text, **suggested(error))] == [price]


# Columns


def test_without_a_header_columns_are_named_by_position(feed_of: Write) -> None:
    text = "A;2020-01-02;1;2;0.5;1.5;30\nB;2020-01-03;1;2;0.5;2.5;40\n"
    columns = {"sid": "1", "ts": "2", "quote": "6", "high": "4", "low": "5", "volume": "7"}
    quotes = list(feed_of(text, header=False, columns=columns))
    assert [(q.sid, q.quote, q.ts, q.row, q.fields) for q in quotes] == [
        ("A", 1.5, "2020-01-02", 1, {"high": 2, "low": 0.5, "volume": 30}),
        ("B", 2.5, "2020-01-03", 2, {"high": 2, "low": 0.5, "volume": 40}),
    ]


def test_without_a_header_and_columns_the_refusal_leads_to_both(feed_of: Write) -> None:
    text = "2020-01-02,1,2,0.5,1.5,30\n2020-01-03,1.1,2.2,0.6,1.6,40\n"
    for options in ({}, {"header": False}):
        error = refusal(feed_of(text, **options))
        assert str(error).endswith("; expected --no-header --columns ts=1,quote=5")
        again = feed_of(text, **suggested(error))
        assert prices(again) == [("2020-01-02", 1.5), ("2020-01-03", 1.6)]


def test_a_position_that_there_is_not_is_refused(feed_of: Write) -> None:
    feed = feed_of("2020-01-02,1\n", header=False, columns={"ts": "1", "quote": "3"})
    with pytest.raises(UnknownColumnError, match=r'there is no column "3" for quote; its columns'):
        list(feed)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("date,time,close", "2020-01-02,09:30,1.5"),
        ("Date,Time,Close", "2020-01-02,09:30:00,1.5"),
        ("time,date,close", "09:30,20200102,1.5"),
        ("<DATE>,<TIME>,<CLOSE>", "20200102,093000,1.5"),
        ("<DATE>,<TIME>,<CLOSE>", "20200102,0930,1.5"),
        ("date,time,close", "2020/01/02,09:30:00.000,1.5"),
    ],
)
def test_a_date_and_a_time_of_day_are_combined(feed_of: Write, header: str, row: str) -> None:
    assert prices(feed_of(f"{header}\n{row}\n")) == [("2020-01-02T09:30:00Z", 1.5)]


@pytest.mark.parametrize(
    "row",
    [
        # the column of the date holds both, and that of the time something else
        "2020-01-02 09:30,09:30,1.5",
        "2020-01-02 09:30,morning,1.5",
        "2020-01-02 09:30,1577957400,1.5",
    ],
)
def test_what_is_no_date_beside_a_time_of_day_is_not_combined(feed_of: Write, row: str) -> None:
    assert prices(feed_of(f"date,time,close\n{row}\n")) == [("2020-01-02 09:30", 1.5)]


@pytest.mark.parametrize(
    ("columns", "header"),
    [
        ("ts=Day+Clock,quote=Last", "Day,Clock,Last"),
        ("ts=day + clock,quote=last", "Day,Clock,Last"),
    ],
)
def test_two_columns_are_combined_where_it_is_said(
    feed_of: Write, columns: str, header: str
) -> None:
    text = f"{header}\n2020-01-02,09:30,1.5\n2020-01-03,,2.5\n"
    feed = feed_of(text, **options_of(f"--columns '{columns}'"))
    assert prices(feed) == [("2020-01-02T09:30:00Z", 1.5)]
    assert feed.quality.report().skips[0].first.reason == "no time of day"


def test_two_columns_are_read_by_one_format(feed_of: Write) -> None:
    text = "Day,Clock,Last\n02/01/2020,9:30 PM,1.5\n"
    feed = feed_of(
        text,
        columns={"ts": "Day+Clock", "quote": "Last"},
        time_format="%d/%m/%Y %I:%M %p",
        timezone="Europe/Berlin",
    )
    assert prices(feed) == [("2020-01-02T21:30:00+01:00", 1.5)]


def test_a_column_whose_name_holds_a_plus_is_one_column(feed_of: Write) -> None:
    text = "Day+Clock,Last\n2020-01-02 09:30,1.5\n"
    assert prices(feed_of(text, columns={"ts": "Day+Clock", "quote": "Last"})) == [
        ("2020-01-02 09:30", 1.5)
    ]


def test_a_first_column_without_a_name_is_the_time_if_no_other_can_be(feed_of: Write) -> None:
    assert prices(feed_of(",close\n2020-01-02,1.5\n")) == [("2020-01-02", 1.5)]
    assert prices(feed_of(",close,date\n0,1.5,2020-01-02\n")) == [("2020-01-02", 1.5)]
    # the number of a row is no time
    error = refusal(feed_of(",close\n0,1.5\n1,1.6\n"))
    assert "it might be the number of a row, or an instant near 1970" in str(error)


# Times


@pytest.mark.parametrize(
    ("line", "cells", "ts"),
    [
        ("--time-unit s", ("0", "60"), ("1970-01-01T00:00:00Z", "1970-01-01T00:01:00Z")),
        ("--time-unit ms", ("0", "60"), ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.06Z")),
        (
            "--time-unit excel",
            ("45292", "45292.5"),
            ("2024-01-01T00:00:00Z", "2024-01-01T12:00:00Z"),
        ),
        (
            "--time-format '%d/%m/%Y %H:%M'",
            ("01/02/2024 09:30", "02/02/2024 09:30"),
            ("2024-02-01T09:30:00Z", "2024-02-02T09:30:00Z"),
        ),
        (
            "--time-format '%d/%m/%Y %H:%M %z'",
            ("01/02/2024 09:30 +0100", "01/02/2024 09:30 +0000"),
            ("2024-02-01T08:30:00Z", "2024-02-01T09:30:00Z"),
        ),
        (
            "--timezone America/New_York",
            ("2024-01-10 16:00", "2024-07-10 16:00"),
            ("2024-01-10T16:00:00-05:00", "2024-07-10T16:00:00-04:00"),
        ),
    ],
)
def test_times_are_what_an_option_says(
    feed_of: Write, line: str, cells: tuple[str, str], ts: tuple[str, str]
) -> None:
    text = f"time,price\n{cells[0]},1\n{cells[1]},2\n"
    feed = feed_of(text, **options_of(line))
    assert prices(feed) == [(ts[0], 1.0), (ts[1], 2.0)]
    [batch] = feed.batches()
    assert list(batch.times) == [instant(each) for each in ts]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (("13/02/2024", "14/02/2024"), "--time-format %d/%m/%Y"),
        (("02/13/2024", "02/14/2024"), "--time-format %m/%d/%Y"),
        (("13.02.24 09:30", "14.02.24 09:30"), "--time-format '%d.%m.%y %H:%M'"),
        (("Feb 14, 2024", "Feb 13, 2024"), "--time-format '%b %d, %Y' --sort"),
        (("5-Feb-2024", "6-Feb-2024"), "--time-format %d-%b-%Y"),
        (("2/13/2024 1:30 PM", "2/13/2024 2:30 PM"), "--time-format '%m/%d/%Y %I:%M %p'"),
        (("45292", "45293"), "--time-unit excel"),
        (("45292.25", "45293.5"), "--time-unit excel"),
    ],
)
def test_times_that_cannot_be_read_lead_to_the_options_that_read_them(
    feed_of: Write, cells: tuple[str, str], expected: str
) -> None:
    text = f'date,price\n"{cells[0]}",1\n"{cells[1]}",2\n'
    error = refusal(feed_of(text))
    assert isinstance(error, UnusableFileError)
    assert str(error).endswith(f"; expected {expected}")
    again = feed_of(text, **suggested(error))
    assert len(list(again)) == 2
    assert again.quality.report().skipped == 0


def test_dates_of_two_meanings_lead_to_both_formats(feed_of: Write) -> None:
    error = refusal(feed_of("date,price\n01/02/2024,1\n02/02/2024,2\n"))
    assert str(error).endswith("; expected --time-format %d/%m/%Y or %m/%d/%Y")


def test_numbers_near_1970_lead_to_the_unit(feed_of: Write) -> None:
    error = refusal(feed_of("time,price\n0,1\n60,2\n"))
    assert str(error).endswith("; expected --time-unit s, ms, us or ns")


def test_a_row_that_is_skipped_names_the_option_that_may_read_it(feed_of: Write) -> None:
    feed = feed_of("date,price\n2024-02-01,1\n45324,2\n2024-02-04,3\n")
    assert len(list(feed)) == 2
    [line] = [line for line in feed.quality.report().lines() if line.startswith("skipped")]
    assert line.startswith(
        'skipped row 2 of mine: the time is "45324": as a number a time is s, ms'
    )
    assert line.endswith("it might be a day of Excel; --time-unit may read it")


def test_a_table_that_can_be_read_in_several_ways_is_refused(
    feed_of: Write,
) -> None:
    """A table of which some rows would be read by chance is refused with each meaning."""
    error = refusal(feed_of("date,price\n2024-02-01,1\n03/02/2024,2\n2024-02-04,3\n"))
    assert 'row 2: the time is "03/02/2024": it can be read in several ways' in str(error)
    assert "%d/%m/%Y" in str(error)
    assert "%m/%d/%Y" in str(error)


AUTUMN = [
    *("2024-11-03 00:00:00", "2024-11-03 01:00:00", "2024-11-03 01:00:00"),
    *("2024-11-03 02:00:00", "2024-11-03 03:00:00"),
]


def bars_of(times: list[str]) -> str:
    rows = "".join(f"{time},1,2,0.5,{n + 1}\n" for n, time in enumerate(times))
    return f"date,open,high,low,close\n{rows}"


def test_hourly_bars_of_an_hour_that_comes_twice_follow_one_another(feed_of: Write) -> None:
    feed = feed_of(bars_of(AUTUMN), timezone="America/New_York")
    assert [quote.ts for quote in feed] == [
        "2024-11-03T00:00:00-04:00",
        "2024-11-03T01:00:00-04:00",
        "2024-11-03T01:00:00-05:00",
        "2024-11-03T02:00:00-05:00",
        "2024-11-03T03:00:00-05:00",
    ]
    assert feed.quality.report().repeated == 0
    assert feed.quality.report().notes == (
        "2 times of mine are of an hour that comes twice, from 2024-11-03 01:00:00 on: the order of"
        " the rows tells which each is",
    )


def test_newest_first_they_follow_one_another_back(feed_of: Write) -> None:
    # the layout of Alpha Vantage is of New York, and newest first
    header = "timestamp,open,high,low,close,volume\n"
    rows = "".join(f"{time},1,2,0.5,{n + 1},30\n" for n, time in enumerate(AUTUMN[::-1]))
    feed = feed_of(header + rows)
    # the end of each hour
    assert [(quote.ts, quote.row) for quote in feed] == [
        ("2024-11-03T00:59:59.999-04:00", 5),
        ("2024-11-03T01:59:59.999-04:00", 4),
        ("2024-11-03T01:59:59.999-05:00", 3),
        ("2024-11-03T02:59:59.999-05:00", 2),
        ("2024-11-03T03:59:59.999-05:00", 1),
    ]


def test_bars_newest_first_are_sorted_with_an_hour_that_comes_twice(
    feed_of: Write,
) -> None:
    """Bars newest first of no layout are sorted with an hour that comes twice."""
    feed = feed_of(bars_of(AUTUMN[::-1]), timezone="America/New_York", sort=True)
    assert [(quote.ts[-14:], quote.row) for quote in feed if isinstance(quote.ts, str)] == [
        ("00:00:00-04:00", 5),
        ("01:00:00-04:00", 4),
        ("01:00:00-05:00", 3),
        ("02:00:00-05:00", 2),
        ("03:00:00-05:00", 1),
    ]


def test_ticks_of_an_hour_that_comes_twice_never_go_back(feed_of: Write) -> None:
    clocks = ["00:59:58", "01:00:00", "01:00:00", "01:59:59", "01:00:01", "01:30:00", "02:00:00"]
    rows = "".join(f"2024-11-03 {clock},1\n" for clock in clocks)
    feed = feed_of(f"time,price\n{rows}", timezone="America/New_York")
    assert [quote.ts[-14:] for quote in feed if isinstance(quote.ts, str)] == [
        "00:59:58-04:00",
        # two ticks of one second are no sign of the second hour
        "01:00:00-04:00",
        "01:00:00-04:00",
        "01:59:59-04:00",
        "01:00:01-05:00",
        "01:30:00-05:00",
        "02:00:00-05:00",
    ]


def test_a_local_time_that_does_not_exist_is_skipped(feed_of: Write) -> None:
    text = "date,close\n2024-03-10 01:30,6\n2024-03-10 02:30,7\n2024-03-10 03:30,8\n"
    feed = feed_of(text, timezone="America/New_York")
    assert [quote.row for quote in feed] == [1, 3]
    assert skips(feed) == [("local_time", 1, 2)]
    assert feed.quality.report().lines() == [
        "skipped row 2 of mine: the local time 2024-03-10 02:30 does not exist: the clock is set"
        " forward"
    ]


# Spans

DAYS = "date,close\n" + "".join(f"2020-01-{day:02},{day}\n" for day in range(1, 11))
HOURS = "time,price\n" + "".join(
    f"2020-01-0{day}T{hour:02}:00:00Z,{day * 100 + hour}\n" for day in (1, 2) for hour in range(24)
)


@pytest.mark.parametrize(
    ("line", "first", "last"),
    [
        ("--from 2020-01-04", 4, 10),
        # of a date the whole day is read
        ("--to 2020-01-04", 1, 4),
        ("--from 2020-01-04 --to 2020-01-04", 4, 4),
        ("--from 20200104 --to 20200106", 4, 6),
        ("--from 1577923200 --to 2020-01-06", 2, 6),
        ("--to 2020-01-04T00:00:00Z", 1, 3),
        ("--from 2020-01-04T00:00:01Z", 5, 10),
    ],
)
def test_a_span_of_days_is_picked(feed_of: Write, line: str, first: int, last: int) -> None:
    found = [price for _ts, price in prices(feed_of(DAYS, **options_of(line)))]
    assert found == list(range(first, last + 1))


@pytest.mark.parametrize(
    ("line", "first", "last"),
    [
        ("--from 2020-01-02", 200, 223),
        ("--to 2020-01-01", 100, 123),
        ("--from 2020-01-01T12:00:00Z --to 2020-01-01T14:00:00Z", 112, 113),
        ("--from '2020-01-01 12:00' --to '2020-01-01 14:00'", 112, 113),
        ("--from 2020-01-01T12:00:00+01:00 --to 2020-01-01T14:00:00+01:00", 111, 112),
        # a time of day is of the zone that is said
        ("--from 2020-01-01T12:00 --to 2020-01-01T14:00 --timezone Asia/Tokyo", 103, 104),
    ],
)
def test_a_span_of_hours_is_picked(feed_of: Write, line: str, first: int, last: int) -> None:
    found = [price for _ts, price in prices(feed_of(HOURS, **options_of(line)))]
    assert found == list(range(first, last + 1))


def test_a_date_of_a_span_is_a_day_of_the_zone_unless_the_file_has_dates(feed_of: Write) -> None:
    line = "--timezone America/New_York --from 2020-01-04 --to 2020-01-05"
    assert [price for _ts, price in prices(feed_of(DAYS, **options_of(line)))] == [4, 5]
    rows = [("2020-01-03 23:59", 1), ("2020-01-04 00:00", 2), ("2020-01-05 23:59", 3)]
    rows.append(("2020-01-06 00:00", 4))
    text = "time,price\n" + "".join(f"{time},{price}\n" for time, price in rows)
    assert [price for _ts, price in prices(feed_of(text, **options_of(line)))] == [2, 3]


def test_an_empty_span_is_refused_with_that_of_the_data(feed_of: Write, tmp_path: Path) -> None:
    for text, line, found in [
        (DAYS, "--from 2021-01-01", "2020-01-01 to 2020-01-10"),
        (DAYS, "--to 2019-12-31", "2020-01-01 to"),
        (HOURS, "--from 2020-01-01T12:30Z --to 2020-01-01T12:45Z", "2020-01-01T00:00:00Z to"),
    ]:
        error = refusal(feed_of(text, **options_of(line)))
        assert isinstance(error, UnusableFileError)
        assert str(error).startswith(
            f"{tmp_path / 'mine.csv'}: no quote is of the time that --from and --to pick; expected"
            f" times of {found}"
        )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"start": "soon"}, "--from is 'soon': the time is \"soon\": a time is ISO 8601 text"),
        ({"end": "01/02/2020"}, "--to is '01/02/2020': the time is \"01/02/2020\": it can be read"),
        ({"end": ""}, "--to is '': no time"),
        ({"decimal": ";"}, "--decimal is ';': it is one of '.', ','"),
        ({"thousands": "x"}, "--thousands is 'x': it is one of ',', '.', ' '"),
        ({"thousands": "."}, "--thousands is '.': it separates the fraction; --decimal tells"),
        ({"decimal": ",", "thousands": ","}, "--thousands is ',': it separates the fraction;"),
        ({"delimiter": ",,"}, "--delimiter is ',,': it is one character, or tab"),
        ({"delimiter": ""}, "--delimiter is '': it is one character, or tab"),
        ({"time_unit": "m"}, "--time-unit is 'm': it is one of 's', 'ms', 'us', 'ns', 'ticks'"),
        ({"bar_time": "end"}, "--bar-time is 'end': it is one of 'open', 'close'"),
        ({"timezone": "Europe/Lodnon"}, 'there is no such zone: did you mean "Europe/London"?'),
        (
            {"timezome": "UTC"},
            "timezome is 'UTC': there is no such option: did you mean \"timezone\"",
        ),
        ({"query": "SELECT 1"}, "--query is 'SELECT 1': it is for sql, and not csv"),
    ],
)
def test_an_invalid_option_is_refused_before_anything_is_read(
    tmp_path: Path, options: dict[str, Any], sentence: str
) -> None:
    """An option that cannot be understood is refused before anything is read."""
    # an empty file would be refused as soon as it is read
    path = tmp_path / "mine.csv"
    path.touch()
    with pytest.raises(ReadOptionError) as caught:
        open_feed(path, **options)
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    "options",
    [
        *(
            {name: "x"}
            for name in ("delimiter", "encoding", "timezone", "time_format", "thousands")
        ),
        {"header": False},
        {"decimal": ","},
        {"time_unit": "s"},
        {"bar_time": "open"},
        {"columns": {"sid": "a"}},
    ],
    ids=lambda options: next(iter(options)),
)
def test_an_option_that_no_source_has_use_for_is_refused(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    path = tmp_path / "live.jsonl"
    path.touch()
    with pytest.raises(ReadOptionError, match=r"it is for .* and not jsonl$"):
        open_feed(path, **options)


def test_columns_of_other_fields_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ColumnsError, match='did you mean "volume"'):
        open_feed("goog", columns={"volum": "Volume"})


# Rows that are no quote


def test_strict_stops_at_the_first_row_that_is_no_quote(feed_of: Write) -> None:
    text = "date,close\n2020-01-02,1\n2020-01-03,\n2020-01-06,3\n"
    assert [quote.row for quote in feed_of(text)] == [1, 3]
    with pytest.raises(SkippedRowError) as caught:
        list(feed_of(text, strict=True))
    assert str(caught.value) == "mine: row 2: no price; without --strict it is skipped"
    assert (caught.value.source, caught.value.row) == ("mine", 2)
    clean = text.replace("2020-01-03,\n", "")
    assert len(list(feed_of(clean, strict=True))) == 2
    # of a recording, too
    recording = '{"a": 1}\nnonsense\n'
    with pytest.raises(SkippedRowError, match="live: row 2: not JSON"):
        list(feed_of(recording, "live.jsonl", strict=True))


def test_a_price_of_0_or_below_is_skipped_and_told_with_what_lacks_it(feed_of: Write) -> None:
    text = "date,close\n2020-04-17,18\n2020-04-20,-37.4\n2020-04-21,0\n2020-04-22,13\n"
    feed = feed_of(text)
    assert [price for _ts, price in prices(feed)] == [18, 13]
    assert feed.quality.report().lines() == [
        "skipped 2 rows, the first of them row 2 of mine: the price '-37.4' is not above 0; profit"
        " and drawdown do not contain them"
    ]


def test_a_price_that_may_have_been_split_is_told_and_kept(feed_of: Write) -> None:
    feed = feed_of("date,close\n2020-01-02,100\n2020-01-03,101\n2020-01-06,50.2\n2020-01-07,51\n")
    assert [price for _ts, price in prices(feed)] == [100, 101, 50.2, 51]
    assert feed.quality.report().lines() == [
        "1 jump of a price by about 2, 3, 5, 10 or more, which may be a split: the first of them"
        " row 3 of mine, MINE from 101 to 50.2"
    ]


def test_the_rows_that_are_skipped_are_counted_anew_each_time(feed_of: Write) -> None:
    feed = feed_of("date,close\n2020-01-02,1\n2020-01-03,x\n")
    for _ in range(2):
        assert [type(quote) for quote in feed] == [Quote]
        assert skips(feed) == [("not_a_price", 1, 2)]
